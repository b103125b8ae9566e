"""What people are sent: plain text, whatever a coin is called, and no address's secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from flows.alerting.delivery import LONGEST_PAUSE, pause_after
from flows.alerting.targets import Target, named_among, targets_of
from flows.alerting.wording import alert_notice, plain, written
from flows.settings import FlowSettings
from models.alerts import AlertTerms, Sighting, WatchedAlert
from models.outcomes import AlertCondition, AlertState, ChangeWindow

SEEN = Sighting(Decimal("65012.3400"), datetime(2026, 1, 31, 12, tzinfo=UTC), 0.943)
ALERT = WatchedAlert(
    7,
    AlertTerms(AlertCondition.ABOVE, Decimal(65000)),
    AlertState.ARMED,
    2,
    "sell",
    ("ops",),
    "Bitcoin",
    "BTC",
    SEEN,
)
TOKEN = "B0secretT0ken"  # noqa: S105 - planted, to be looked for


def test_an_alert_says_what_was_asked_and_what_was_seen() -> None:
    notice = alert_notice(ALERT, Decimal("65012.3400"), 12)
    assert notice.key == "alert:7:3"
    assert notice.notify == ("ops",)
    assert notice.title == "Bitcoin (BTC) is above 65,000 USD"
    assert notice.body.splitlines() == [
        "Asked for: above 65,000 USD.",
        "Price: 65,012.34 USD.",
        "As of 2026-01-31 12:00:00 UTC, confidence 0.94, dataset version 12.",
        "Note: sell",
    ]


def test_a_change_says_its_window() -> None:
    terms = AlertTerms(AlertCondition.CHANGE_PCT, Decimal(-5), ChangeWindow.H24)
    notice = alert_notice(replace(ALERT, terms=terms, note=None), Decimal("-6.25"), 12)
    assert notice.title == "Bitcoin (BTC) changed by -6.25 % in 24h"
    assert notice.body.startswith("Asked for: -5 % in 24h.\nPrice: 65,012.34 USD.\n")


def test_a_coins_name_calls_nobody_and_begins_no_line() -> None:
    named = replace(ALERT, name="<!channel> Free\r\nBcc: all\x00", symbol=None)
    title = alert_notice(named, Decimal(65012), 12).title
    assert title == "(!channel) Free Bcc: all is above 65,000 USD"


@given(st.text())
def test_plain_text_is_one_line_without_markup(text: str) -> None:
    shown = plain(text)
    assert len(shown) <= 200
    assert shown.splitlines() in ([], [shown])
    assert not set(shown) & set("<>\0")


@given(st.decimals("-1e24", "1e24", allow_nan=False, allow_infinity=False))
def test_numbers_are_written_without_exponents_and_near_to_what_they_are(number: Decimal) -> None:
    shown = Decimal(written(number).replace(",", ""))
    assert "E" not in written(number)
    assert abs(shown - number) <= abs(number) * Decimal("1e-11")


def test_addresses_are_split_where_the_next_begins() -> None:
    settings = FlowSettings(
        notify_urls=SecretStr(
            "mailto://a:b@example.org?to=x@e.org,y@e.org, json://127.0.0.1/h,slack://T/B/C"
        ),
        slack_webhook_url=SecretStr("https://hooks.slack.com/services/T/B/C"),
    )
    assert [(one.name, one.url) for one in targets_of(settings)] == [
        ("NOTIFY_URLS no. 1", "mailto://a:b@example.org?to=x@e.org,y@e.org"),
        ("NOTIFY_URLS no. 2", "json://127.0.0.1/h"),
        ("NOTIFY_URLS no. 3", "slack://T/B/C"),
        ("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T/B/C"),
    ]
    assert targets_of(FlowSettings(notify_urls=SecretStr(" , "), slack_webhook_url=SecretStr(" "))) == []


def test_addresses_have_the_names_before_them() -> None:
    settings = FlowSettings(
        notify_urls=SecretStr(
            "ops=json://127.0.0.1/?a=b, json://127.0.0.1/x=y://z,night-watch=slack://T/B/C"
        ),
        slack_webhook_url=SecretStr("https://hooks.slack.com/services/T/B/C"),
    )
    targets = targets_of(settings)
    assert [(one.name, one.alias, one.url) for one in targets] == [
        ("NOTIFY_URLS ops", "ops", "json://127.0.0.1/?a=b"),
        ("NOTIFY_URLS no. 2", None, "json://127.0.0.1/x=y://z"),
        ("NOTIFY_URLS night-watch", "night-watch", "slack://T/B/C"),
        ("SLACK_WEBHOOK_URL", "slack", "https://hooks.slack.com/services/T/B/C"),
    ]
    assert named_among(targets, None) == (targets, None)
    assert named_among(targets, ["slack", "ops"]) == ([targets[0], targets[3]], None)
    assert named_among(targets, ["ops", "me"]) == ([targets[0]], "NOTIFY_URLS names no me")


def test_no_address_is_shown_by_what_knows_it() -> None:
    settings = FlowSettings(
        notify_urls=SecretStr(f"json://127.0.0.1/{TOKEN}"), slack_webhook_url=SecretStr(TOKEN)
    )
    assert (
        TOKEN not in repr(settings) + str(settings) + repr(targets_of(settings)) + settings.model_dump_json()
    )


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"nonsense://{TOKEN}", "NOTIFY_URLS no. 1 is no address that Apprise knows"),
        (f"https://example.org/{TOKEN}", "NOTIFY_URLS no. 1 is no address that Apprise knows"),
    ],
)
def test_an_address_that_fails_says_why_and_not_what_it_is(
    url: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    reason = Target("NOTIFY_URLS no. 1", url).send("title", "body")
    assert reason is not None
    assert reason.startswith(told)
    assert TOKEN not in reason + caplog.text


def test_pauses_double_up_to_a_limit() -> None:
    assert [pause_after(attempt) for attempt in (1, 2, 3)] == [
        timedelta(minutes=minute) for minute in (1, 2, 4)
    ]
    assert pause_after(50) == LONGEST_PAUSE
