"""Fetching one page: politely, within limits, and with every failure named by its remedy.

The only module that touches a provider. It sends our own User-Agent, keeps a key in headers and out of every message,
follows no redirect, reads no more than `MAX_BODY_BYTES` and no longer than an answer may take, and waits as long as
the provider asks, up to its patience; a longer pause is raised, so that the run can be given back and the schedule
comes again. Every request is taken from the source's budget first, and what its answer says of rates and limits is told
to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from ipaddress import ip_address
from typing import Protocol, Self
from urllib.parse import urlsplit

import anyio
import httpx
import stamina

from flows import wire
from flows.errors import BudgetExhausted, Fatal, RetryLater, RetryNow, SourceError, SourceSkipped
from flows.settings import LARGEST, FlowSettings, SourceSettings
from flows.sources.contract import Fetched, Origin, PageRequest, Source
from flows.unpacking import ACCEPTED, Unpacking
from models.budgets import Heard, Taken
from models.outcomes import Purpose, Upstream
from models.tracing import follow_requests

USER_AGENT = f"kasparro/{version('kasparro')} (+https://github.com/kasparro/kasparro)"
MAX_BODY_BYTES = 100 * 1024 * 1024


BECAUSE_KEPT = 300
"""How many characters of what a provider said are kept with its budget."""


class Budgets(Protocol):
    """Who says when a source may be asked, and hears how that went."""

    async def take(self, source: Source, settings: SourceSettings, purpose: Purpose) -> Taken:
        """Wait for a request's turn. Raises `RetryLater` or `BudgetExhausted` where it does not come."""

    async def settle(self, source: Source, settings: SourceSettings, taken: Taken, heard: Heard) -> None:
        """Hear what became of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever it is worth."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """An HTTP client for all sources, for the length of an `async with`."""

    def __init__(self, settings: FlowSettings, budgets: Budgets) -> None:
        self._settings = settings
        self._budgets = budgets
        self._http = httpx.AsyncClient(
            headers={
                "user-agent": USER_AGENT,
                "accept": "application/json",
                "accept-encoding": ACCEPTED,
            },
            timeout=httpx.Timeout(settings.read_timeout_seconds, connect=settings.connect_timeout_seconds),
        )
        follow_requests(self._http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def fetch(
        self,
        source: Source,
        settings: SourceSettings,
        request: PageRequest,
        purpose: Purpose = Purpose.CURRENT,
    ) -> Fetched:
        """Fetch one page. Passing faults are tried again here; what is raised has outlasted that patience.

        For history a page is fetched from what current prices leave of the source's budget.
        """
        if not source.calls_network:
            return Fetched(await self._read_file(source, request), datetime.now(UTC))
        origin = self.origin(source, settings)
        _refuse_unsendable(source.name, origin.headers)
        async for attempt in stamina.retry_context(
            on=self._pause_before_retry,
            attempts=self._settings.retry_attempts,
            timeout=self._settings.retry_patience_seconds * 2 or None,  # 0 would be: no second attempt at all
            wait_initial=0.5,
            wait_max=10,
        ):
            with attempt:
                taken = await self._budgets.take(source, settings, purpose)
                answer, error = await self._once(source.name, origin, request)
                await self._budgets.settle(source, settings, taken, heard_of(source, answer, error))
                if error is not None:
                    raise error
                return Fetched(answer.body, datetime.now(UTC))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def origin(self, source: Source, settings: SourceSettings) -> Origin:
        """Say where a source's requests go: in SANDBOX mode to the same path below the sandbox's `/<source>`.

        Raises `Fatal` for a provider over plain HTTP, unless it is on this machine: a key would travel in the open.
        """
        origin = source.origin(settings)
        if self._settings.upstream is Upstream.LIVE or settings.base_url is not None:
            _refuse_plain_http(source.name, origin.base_url)
            return origin
        path = urlsplit(origin.base_url).path
        return replace(origin, base_url=f"{self._settings.sandbox_url.rstrip('/')}/{source.name}{path}")

    def _pause_before_retry(self, error: Exception) -> bool | float:
        """Decide whether, and for RetryLater after how many seconds, an error is worth another attempt here."""
        if isinstance(error, RetryLater):
            return error.seconds if error.seconds <= self._settings.retry_patience_seconds else False
        return isinstance(error, RetryNow)

    async def _once(
        self, name: str, origin: Origin, request: PageRequest
    ) -> tuple[Answer, SourceError | None]:
        """Ask once; returns what came back, and what is wrong with it."""
        url = f"{origin.base_url.rstrip('/')}/{request.path.lstrip('/')}"
        answer, patience = Answer(0, {}, b""), self._settings.answer_timeout_seconds
        try:
            with anyio.fail_after(patience):
                async with self._http.stream(
                    "GET", url, params=dict(request.params), headers=dict(origin.headers)
                ) as response:
                    answer = Answer(response.status_code, response.headers, await _body_of(response))
            if answer.status != HTTPStatus.OK:
                raise _error_of(response, answer.body)
            wire.refuse_broken(answer.body)
        except httpx.HTTPError as error:
            told = f"{url}: {type(error).__name__} {error}".strip()
            return answer, RetryNow(told[: wire.LONGEST_MESSAGE], source=name)
        except TimeoutError:
            return answer, RetryNow(f"{url}: no whole answer within {patience:g} seconds", source=name)
        except SourceError as error:
            return answer, error.at(name)
        return answer, None

    async def _read_file(self, source: Source, request: PageRequest) -> bytes:
        path = anyio.Path(self._settings.data_dir / request.path)
        try:
            if (await path.stat()).st_size > MAX_BODY_BYTES:
                raise Fatal(f"{path} is larger than {MAX_BODY_BYTES:,} bytes", source=source.name)
            return await path.read_bytes()
        except FileNotFoundError:
            raise SourceSkipped(f"there is no {path} yet", source=source.name) from None
        except OSError as error:
            raise Fatal(f"{path} cannot be read: {error.strerror}", source=source.name) from error


async def _body_of(answer: httpx.Response) -> bytes:
    body = Unpacking(answer.url.path, answer.headers.get("content-encoding", ""), MAX_BODY_BYTES)
    try:
        async for chunk in answer.aiter_raw():
            body.take(chunk)
        return body.whole()
    except RetryNow as garbled:
        if answer.status_code == HTTPStatus.OK:
            raise
        return garbled.body  # the status says enough


def _error_of(answer: httpx.Response, body: bytes) -> SourceError:
    """Name the remedy of an answer that is not 200, by its status, body and headers."""
    asked = pause_asked(answer.headers, datetime.now(UTC))
    try:
        data = wire.decode(body)
    except RetryLater as pause:
        pause.seconds = pause.seconds if asked is None else asked
        return pause
    except SourceError:
        data = None
    if answer.has_redirect_location:
        to = answer.headers["location"][: wire.LONGEST_MESSAGE]
        return Fatal(f"HTTP {answer.status_code}: redirects to {to}, which is not followed", body=body)
    return wire.error_for(answer.status_code, data, body, pause=asked)


def heard_of(source: Source, answer: Answer, error: SourceError | None) -> Heard:
    """Read what an answer says of its source's budget, and price it: a failed request counts too."""
    cost, remaining = source.cost(len(answer.body)), _count_in(answer.headers, "x-ratelimit-remaining")
    because = wire.printable(str(error.args[0]))[:BECAUSE_KEPT] if error else ""
    match error:
        case BudgetExhausted():
            return Heard(cost, because=because, is_exhausted=True)
        case RetryLater():
            limit = _count_in(answer.headers, "x-ratelimit-limit")
            return Heard(cost, error.seconds, because, is_refusal=True, limit=limit)
    if remaining != 0:
        return Heard(cost, remaining=remaining)
    pause = pause_asked(answer.headers, datetime.now(UTC))
    return Heard(cost, pause, "it said that no requests remain", remaining=remaining)


def _count_in(headers: Mapping[str, str], name: str) -> int | None:
    said = headers.get(name, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < len(str(LARGEST)) else None


def pause_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read how many seconds an answer asks us to wait: Retry-After in both forms, or x-ratelimit-reset as seen."""
    asked = headers.get("retry-after") or headers.get("x-ratelimit-reset")
    if asked is None:
        return None
    try:
        seconds = float(asked)
        if not seconds < wire.EPOCH_UNTIL:  # NaN is below nothing
            return None
        return max(0.0, seconds - now.timestamp() if seconds >= wire.EPOCH_FROM else seconds)
    except ValueError:
        pass
    for parse in (parsedate_to_datetime, lambda text: datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")):
        try:
            return max(0.0, (parse(asked) - now).total_seconds())
        except (ValueError, TypeError):
            continue
    return None


def _refuse_plain_http(name: str, base_url: str) -> None:
    parts = urlsplit(base_url)
    if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
        raise Fatal(
            f"{_variable(name)}_BASE_URL must be https:// (http:// only on this machine), got {parts.scheme}://{parts.hostname}",
            source=name,
        )
    if parts.username or parts.password:
        raise Fatal(
            f"{_variable(name)}_BASE_URL must hold no user or password: a URL is logged, {_variable(name)}_API_KEY is not",
            source=name,
        )


def _refuse_unsendable(name: str, headers: Mapping[str, str]) -> None:
    """Refuse a key that no header can carry, before a library's complaint about it quotes it."""
    if not all(
        value.isascii() and value.isprintable() and value == value.strip() for value in headers.values()
    ):
        raise Fatal(
            f"{_variable(name)}_API_KEY holds a space, a line break or another character that no key has",
            source=name,
        )


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
