"""How long an answer asks us to wait, in every spelling that providers use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.client import pause_asked

NOW = datetime(2025, 7, 25, 14, 53, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "119"}, 119),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "Fri, 25 Jul 2025 14:54:00 GMT"}, 60),
        ({"retry-after": "Fri, 25 Jul 2025 14:52:00 GMT"}, 0),
        ({"retry-after": str(int(NOW.timestamp()) + 90)}, 90),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": "1e15"}, None),
        ({"x-ratelimit-reset": "2025-07-25 14:54:00 +0000"}, 60),
        ({"x-ratelimit-reset": "2025-07-25 14:00:00 +0000"}, 0),
        ({"x-ratelimit-reset": "30"}, 30),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 30)}, 30),
        ({"retry-after": "5", "x-ratelimit-reset": "2025-07-25 14:54:00 +0000"}, 5),
    ],
)
def test_the_pause_asked(headers: dict[str, str], seconds: float | None) -> None:
    assert pause_asked(headers, NOW) == seconds


@given(st.integers(0, 10_000_000))
def test_both_forms_of_retry_after_say_the_same(seconds: int) -> None:
    at = NOW + timedelta(seconds=seconds)
    as_number = pause_asked({"retry-after": str(seconds)}, NOW)
    as_date = pause_asked({"retry-after": format_datetime(at, usegmt=True)}, NOW)
    as_reset = pause_asked({"x-ratelimit-reset": f"{at:%Y-%m-%d %H:%M:%S %z}"}, NOW)
    assert as_number == as_date == as_reset == seconds


@given(st.text(max_size=30))
def test_no_header_can_break_the_client_or_ask_for_a_time_in_the_past(value: str) -> None:
    seconds = pause_asked({"retry-after": value}, NOW)
    assert seconds is None or seconds >= 0
