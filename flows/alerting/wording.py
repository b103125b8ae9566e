"""What people read: an alert's notification. Names and notes are strangers' words, and come out as plain text."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from models.alerts import Notice, WatchedAlert
from models.outcomes import AlertCondition, NotificationKind

WORDS_AT_MOST = 200
_MARKUP = str.maketrans("<>", "()")
"""What Slack and others would take for links and for calls of everybody."""


def alert_notice(alert: WatchedAlert, measured: Decimal, version: int) -> Notice:
    """Tell that an alert fired. The key counts its crossings, so that each is told once."""
    terms = alert.terms
    name = plain(f"{alert.name} ({alert.symbol})" if alert.symbol else alert.name)
    if terms.condition is AlertCondition.CHANGE_PCT:
        title = f"{name} changed by {written(measured)} % in {terms.window}"
        asked = f"{written(terms.value)} % in {terms.window}"
    else:
        title = f"{name} is {terms.condition} {written(terms.value)} {terms.currency.upper()}"
        asked = f"{terms.condition} {written(terms.value)} {terms.currency.upper()}"
    return Notice(
        key=f"alert:{alert.id}:{alert.times_fired + 1}",
        kind=NotificationKind.PRICE_ALERT,
        title=title,
        body=_body(alert, asked, measured, version),
        alert_id=alert.id,
        notify=alert.notify,
    )


def _body(alert: WatchedAlert, asked: str, measured: Decimal, version: int) -> str:
    seen, unit = alert.seen, alert.terms.currency.upper()
    lines = [f"Asked for: {asked}."]
    if alert.terms.condition is not AlertCondition.CHANGE_PCT:
        lines.append(f"Price: {written(measured)} {unit}.")
    elif seen.price_usd is not None:
        lines.append(f"Price: {written(seen.price_usd)} USD.")
    if seen.price_as_of is not None:
        lines.append(
            f"As of {seen.price_as_of:%Y-%m-%d %H:%M:%S} UTC, confidence {seen.confidence or 0:.2f}, dataset version {version}."
        )
    if alert.note:
        lines.append(f"Note: {plain(alert.note)}")
    return "\n".join(lines)


def written(number: Decimal) -> str:
    """Write a number for people: 12 significant digits, thousands apart, no exponent."""
    short = Decimal(f"{number:.12g}").normalize()
    return format(short, ",f")


def plain(text: str) -> str:
    """Take away what is no plain text: control characters, line breaks, markup; and no more than anybody reads."""
    kept = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    return " ".join(kept.translate(_MARKUP).split())[:WORDS_AT_MOST]
