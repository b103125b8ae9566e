"""Where notifications go: the addresses that the environment names, each asked through Apprise.

An address is a secret: it holds tokens and passwords. Here it is known by its number and its service, to the database
by a digest.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from flows.settings import FlowSettings
from models.alerts import ADDRESS_NAME

_SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*://"
_BETWEEN = re.compile(rf"[,\s]+(?=(?:{ADDRESS_NAME.pattern}=)?{_SCHEME})")
"""Between two URLs: a comma inside of one is its own."""
_NAMED = re.compile(rf"(?:({ADDRESS_NAME.pattern})=)?({_SCHEME}.*)", re.DOTALL)
_PART = re.compile(r"[^\W_]{4,}")
REASON_AT_MOST = 300
OUR_NAME = "Kasparro"


@dataclass(frozen=True, slots=True)
class Target:
    """One address. `name` says which one it is without telling it; `alias` is what alerts may call it."""

    name: str
    url: str = field(repr=False)
    alias: str | None = None

    @property
    def digest(self) -> str:
        """What the database knows the address by."""
        return blake2b(self.url.encode(), digest_size=8).hexdigest()

    def send(self, title: str, body: str) -> str | None:
        """Send, and say why it did not go through; None: it did. Takes seconds: call it in a thread."""
        import apprise  # noqa: PLC0415 - loading it takes as long as a small run, and most runs tell nothing

        logging.getLogger("apprise").propagate = False  # it names what it cannot parse, tokens and all
        with apprise.LogCapture(level=logging.WARNING, fmt="%(message)s") as told:  # type: ignore[no-untyped-call]
            ours = apprise.AppriseAsset(app_id=OUR_NAME, app_desc=OUR_NAME, image_url_mask=None)
            service = apprise.Apprise.instantiate(self.url, asset=ours)
            if service is None:
                return f"{self.name} is no address that Apprise knows"
            speaker = apprise.Apprise()
            speaker.add(service)
            try:
                if speaker.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
                    return None
            except Exception as error:  # noqa: BLE001 - of 130 services one may raise anything; a run goes on
                return f"{self.name} ({service.service_name}) failed with {type(error).__name__}"
            reason = self._without_secrets(told.getvalue().partition("\n")[0])
        return f"{self.name} ({service.service_name}) did not take it: {reason or 'no reason given'}"

    def _without_secrets(self, text: str) -> str:
        for part in sorted(set(_PART.findall(self.url.partition("://")[2])), key=len, reverse=True):
            text = text.replace(part, "…")
        return text[:REASON_AT_MOST]


def targets_of(settings: FlowSettings) -> list[Target]:
    """List the addresses that the environment names."""
    urls = [url for url in _BETWEEN.split(settings.notify_urls.get_secret_value().strip(" ,\n")) if url]
    found = [_target(number, url) for number, url in enumerate(urls, start=1)]
    if slack := settings.slack_webhook_url.get_secret_value().strip():
        found.append(Target("SLACK_WEBHOOK_URL", slack, "slack"))
    return found


def _target(number: int, said: str) -> Target:
    named = _NAMED.fullmatch(said)
    alias, url = named.groups() if named else (None, said)
    return Target(f"NOTIFY_URLS no. {number}" if alias is None else f"NOTIFY_URLS {alias}", url, alias)


def named_among(targets: Sequence[Target], notify: Sequence[str] | None) -> tuple[list[Target], str | None]:
    """Choose the targets of these names (None: all); and say which names nobody has, if so."""
    if notify is None:
        return list(targets), None
    unknown = sorted(set(notify) - {target.alias for target in targets})
    told = f"NOTIFY_URLS names no {', '.join(unknown)}" if unknown else None
    return [target for target in targets if target.alias in notify], told
