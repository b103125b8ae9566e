"""What a client is told when the database refuses a statement, or is not there."""

from __future__ import annotations

import psycopg
from psycopg.errors import QueryCanceled, UndefinedColumn, UndefinedTable

from graphql_api.errors import ApiError, BadUserInput, DatabaseAway, Unavailable
from models.readers import NoneFree

NOT_MIGRATED = "The database has not the tables of this version: run `python -m models upgrade`."
BUSY = "The database is busy: every connection is taken. Try again in a moment."
GAVE_UP = "The database gave up on this request after its time limit. Ask for less at once."
AWAY = "The database cannot be reached. Try again in a moment; GET /health says when it is back."


def told(error: psycopg.Error | UnicodeEncodeError | NoneFree) -> ApiError | None:
    """Say it as an error of ours; None: nobody foresaw it."""
    match error:
        case psycopg.DataError() | UnicodeEncodeError():
            cause = error.reason if isinstance(error, UnicodeEncodeError) else str(error).partition("\n")[0]
            return BadUserInput(f"An argument holds a value that cannot be looked up: {cause}")
        case NoneFree():
            return Unavailable(BUSY)
        case QueryCanceled():
            return Unavailable(GAVE_UP)
        case psycopg.OperationalError():
            return DatabaseAway(AWAY)
        case UndefinedTable() | UndefinedColumn():
            return Unavailable(NOT_MIGRATED)
    return None
