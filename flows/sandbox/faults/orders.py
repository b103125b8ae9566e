"""Orders: which requests get which reply in place of the true one, as a test or a scenario says it."""

from __future__ import annotations

import tomllib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from flows.sandbox.faults.catalogue import FAULTS
from flows.sandbox.faults.reply import JSON, Fault, Kind, Reply

ALWAYS = {"path_prefix", "from_request", "times"}
OF_A_FAULT = {"fault", "seed", "seconds"}
OF_AN_ANSWER = {"status", "headers", "body", "body_base64", "delay_seconds", "disconnect"}


@dataclass(frozen=True, slots=True)
class Order:
    """A fault for requests whose path begins with `path_prefix`: `times` of them, beginning with the `from_request`th."""

    path_prefix: str
    fault: Fault
    from_request: int = 1
    times: int = 1
    """0: until it is taken back."""
    seed: int = 0
    seconds: float = 2.0

    @property
    def told(self) -> dict[str, object]:
        """Say the order as it was given."""
        return {
            "path_prefix": self.path_prefix,
            "fault": self.fault.name,
            "from_request": self.from_request,
            "times": self.times,
            "seed": self.seed,
            "seconds": self.seconds,
        }


def parse_order(said: Any) -> Order:  # noqa: ANN401 - whatever a client or a file says
    """Read an order: of a fault by its name, or of one exact answer. Raises ValueError with what is wrong."""
    if not isinstance(said, Mapping):
        raise ValueError(f"an order is a table of what it wants, got {said!r}"[:200])
    known = ALWAYS | (OF_A_FAULT if "fault" in said else OF_AN_ANSWER)
    if unknown := said.keys() - known:
        raise ValueError(f"unknown keys {sorted(unknown)}: known are {sorted(known)}")
    if not isinstance(said.get("path_prefix"), str):
        raise ValueError(
            "path_prefix is missing: say which requests to answer, as `/coingecko/api/v3/coins/markets`"
        )
    try:
        return Order(
            path_prefix=said["path_prefix"],
            fault=_named(said["fault"]) if "fault" in said else _exact(said),
            from_request=int(said.get("from_request", 1)),
            times=int(said.get("times", 1)),
            seed=int(said.get("seed", 0)),
            seconds=float(said.get("seconds", 2)),
        )
    except (TypeError, AttributeError, NotBase64) as error:
        raise ValueError(f"cannot read the order: {error}") from error


def parse_orders(said: object) -> list[Order]:
    """Read a scenario: its `faults`, in turn. Raises ValueError with the number of the one that is wrong."""
    listed = said.get("faults") if isinstance(said, dict) and len(said) == 1 else None
    if not isinstance(listed, list):
        raise ValueError("a scenario is one list of orders, `faults`")
    orders = []
    for number, one in enumerate(listed, 1):
        try:
            orders.append(parse_order(one))
        except ValueError as error:
            raise ValueError(f"fault {number}: {error}") from error
    return orders


def read_scenario(path: Path) -> list[Order]:
    """Read a scenario's file, TOML or JSON by its name. Raises ValueError with the file and what is wrong."""
    try:
        body = path.read_bytes()
        return parse_orders(orjson.loads(body) if path.suffix == ".json" else tomllib.loads(body.decode()))
    except OSError as error:
        raise ValueError(f"scenario {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"scenario {path}: {error}") from error


def _named(name: str) -> Fault:
    if name not in FAULTS:
        raise ValueError(f"there is no fault {name!r}; known are {', '.join(sorted(FAULTS))}")
    return FAULTS[name]


def _exact(said: Mapping[str, Any]) -> Fault:
    """Make a fault of one answer that is given word for word."""
    packed, text = said.get("body_base64"), said.get("body", "")
    body = text.encode() if packed is None else b64decode(packed, validate=True)
    reply = Reply(
        int(said.get("status", 200)),
        {**JSON, **{name.lower(): value for name, value in said.get("headers", {}).items()}},
        body,
        wait_seconds=float(said.get("delay_seconds", 0)),
        promised=len(body) + 1 if said.get("disconnect") else None,
    )
    return Fault("exact", "This answer, word for word.", Kind.ANSWER, lambda *_: reply)
