"""What the store says when it will not write, as clients are told it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from graphql_api.errors import BadUserInput, Conflict, NotFound, Unavailable
from models.db import DatabaseUnavailable
from models.store.alerts import AlertRefused, NoSuchAlert
from models.store.holds import HoldSettled, NoSuchHold
from models.store.standing import AlreadyDecided, DecisionRefused, Entangled, NothingThere


@contextmanager
def told_to_clients() -> Iterator[None]:
    """Give what the store raises in the block the code that clients know, and its own message."""
    try:
        yield
    except DatabaseUnavailable as error:
        raise Unavailable(str(error)) from error
    except (NothingThere, NoSuchAlert, NoSuchHold) as error:
        raise NotFound(str(error)) from error
    except (AlreadyDecided, Entangled, HoldSettled) as error:
        raise Conflict(str(error)) from error
    except (DecisionRefused, AlertRefused) as error:
        raise BadUserInput(str(error)) from error
