"""Named keys, as the environment lists them. Once read, only their hashes are in memory."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import BeforeValidator, SecretStr
from pydantic_settings import NoDecode

NAMELESS = "admin"
LOCAL = "local"
RESERVED = {
    "matcher": "decisions of the matching itself are recorded under it",
    LOCAL: "requests without a key from this machine go by it",
}


@dataclass(frozen=True, slots=True)
class Keys:
    """Whose keys are known. Printed it shows the names, never a key."""

    _holders: Mapping[bytes, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, listed: SecretStr) -> Self:
        """Read `name:key` entries separated by commas; raises ValueError with what is wrong, and no key in it."""
        entries = [entry.strip() for entry in listed.get_secret_value().split(",")]
        holders: dict[bytes, str] = {}
        for name, key in (_named(entry) for entry in entries if entry):
            if holders.setdefault(_digest(key), name) != name:
                raise ValueError(f"{holders[_digest(key)]} and {name} have the same key: give each its own")
        return cls(holders)

    def holder(self, given: str) -> str | None:
        """Name whose key this is; None: nobody's."""
        digest = _digest(given)
        # Every key is compared, and by digest: time tells neither which one nor how long it is.
        found = [name for known, name in self._holders.items() if hmac.compare_digest(digest, known)]
        return found[0] if found else None

    def __bool__(self) -> bool:
        return bool(self._holders)

    def __str__(self) -> str:
        return ", ".join(sorted(set(self._holders.values())))


def _named(entry: str) -> tuple[str, str]:
    name, colon, key = entry.partition(":")
    if not colon:
        return NAMELESS, entry
    name, key = name.strip(), key.strip()
    if not name or not key:
        raise ValueError("an entry is `name:key`, or a key alone: one has an empty name or an empty key")
    if name.casefold() in RESERVED:
        raise ValueError(f"no key can have the name {name}: {RESERVED[name.casefold()]}")
    return name, key


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _secret(listed: object) -> object:
    return SecretStr(listed) if isinstance(listed, str) else listed


def _keys(listed: object) -> object:
    return Keys.read(listed) if isinstance(listed, SecretStr) else listed


# Wrapped before it is read: what pydantic says of a wrong value then shows none of it.
NamedKeys = Annotated[Keys, NoDecode, BeforeValidator(_keys), BeforeValidator(_secret)]
