"""The audits that graphql-http, the specification's reference implementation, holds every server to."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest


def test_every_audit_of_graphql_over_http(
    api_url: str, node: Callable[..., str], subtests: pytest.Subtests
) -> None:
    audits = json.loads(node("audits.mjs", f"{api_url}/graphql"))
    assert len(audits) >= 61
    for audit in audits:
        with subtests.test(f"{audit['id']} {audit['name']}"):
            assert audit["status"] == "ok", audit["reason"]
