"""Automatic persisted queries, as Apollo's clients speak them: a document is sent once, then named by its hash.

Short GET requests are what a CDN can keep. The store is this process's own and bounded: what fell out, or was sent
to another process, is answered with PersistedQueryNotFound, and the client sends the document once more.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from graphql_api.errors import ApiError, BadUserInput


class PersistedQueryNotFound(ApiError):  # noqa: N818 - Apollo's word, which its clients look for
    """No document is known by this hash."""

    code = "PERSISTED_QUERY_NOT_FOUND"
    status = 200


class PersistedQueryNotSupported(ApiError):  # noqa: N818 - likewise
    """This server keeps no documents."""

    code = "PERSISTED_QUERY_NOT_SUPPORTED"
    status = 200


class PersistedQueries:
    """The documents used last, at most so many and so many characters together."""

    def __init__(self, entries: int, characters: int = 8_000_000) -> None:
        self._entries = entries
        self._characters = characters
        self._held = 0
        self._documents: OrderedDict[str, str] = OrderedDict()

    def resolve(self, query: str | None, extensions: Mapping[str, Any] | None) -> str | None:
        """Return the document that a request means: its own, kept if it names its hash, or the one of its hash."""
        named = (extensions or {}).get("persistedQuery")
        if named is None:
            return query
        if not self._entries:
            raise PersistedQueryNotSupported("PersistedQueryNotSupported")
        digest = _digest(named)
        if query is None:
            return self._find(digest)
        if hashlib.sha256(query.encode()).hexdigest() != digest:
            raise BadUserInput("`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`.")
        self._keep(digest, query)
        return query

    def _find(self, digest: str) -> str:
        if digest not in self._documents:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        self._documents.move_to_end(digest)
        return self._documents[digest]

    def _keep(self, digest: str, query: str) -> None:
        if digest not in self._documents:
            self._documents[digest] = query
            self._held += len(query)
        self._documents.move_to_end(digest)
        while len(self._documents) > self._entries or self._held > self._characters:
            self._held -= len(self._documents.popitem(last=False)[1])


def _digest(named: object) -> str:
    if isinstance(named, dict) and named.get("version") == 1 and isinstance(named.get("sha256Hash"), str):
        return str(named["sha256Hash"]).lower()
    raise BadUserInput(
        "`extensions.persistedQuery` must be an object with `version` 1 and the document's `sha256Hash`."
    )
