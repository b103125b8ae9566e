"""let readers only read.

Makes the role `kasparro_reader`, which may read every table of ours and nothing else; the API takes it for whatever
is no mutation. Roles belong to the whole server: another database of it may have made this one already, at the same
moment even. Where this account may not make roles, nothing happens, and the API reads without it.

Revision: 0003, follows: 0002
"""

from __future__ import annotations

from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the role, if this account may, and let it read."""
    op.execute(
        """
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kasparro_reader') THEN
                BEGIN
                    CREATE ROLE kasparro_reader NOLOGIN;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN
                    NULL;
                END;
            END IF;
            IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                EXECUTE format('GRANT kasparro_reader TO %I', current_user);
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE '% may not make or take roles: the API reads without one of its own', current_user;
        END $$
        """
    )
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kasparro_reader') THEN
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO kasparro_reader', current_schema());
                EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO kasparro_reader', current_schema());
                EXECUTE format(
                    'ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO kasparro_reader',
                    current_schema()
                );
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE '% may not let others read: the API reads without a role of its own', current_user;
        END $$
        """
    )


def downgrade() -> None:
    """Take its rights here away. The role stays: other databases of the server may use it."""
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'kasparro_reader') THEN
                EXECUTE format(
                    'ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE SELECT ON TABLES FROM kasparro_reader',
                    current_schema()
                );
                EXECUTE format('REVOKE SELECT ON ALL TABLES IN SCHEMA %I FROM kasparro_reader', current_schema());
                EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM kasparro_reader', current_schema());
            END IF;
        EXCEPTION WHEN insufficient_privilege THEN
            NULL;
        END $$
        """
    )
