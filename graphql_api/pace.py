"""How many requests one key, or one address without a key, may send in a while. Counted by this process alone."""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request

from graphql_api.errors import RateLimited
from graphql_api.security import holder
from graphql_api.settings import ApiSettings

IPV6_NETWORK = 64
"""Whoever has one IPv6 address has the whole network of it."""


class Pace:
    """Counts requests in a sliding window."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._allowed: list[RateLimitItem] = settings.pace
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    @property
    def is_kept(self) -> bool:
        """Whether anything is counted."""
        return bool(self._allowed)

    async def keep(self, request: Request) -> None:
        """Count a request. Raises `RateLimited` that says when the next one may come."""
        who = caller(request, self._settings)
        for allowed in self._allowed:
            if not await self._limiter.hit(allowed, who):
                reset_at, _ = await self._limiter.get_window_stats(allowed, who)
                seconds = max(1, math.ceil(reset_at - time.time()))
                raise RateLimited(
                    f"More than {allowed} from {who}: try again in {seconds} s.",
                    {"retry-after": str(seconds)},
                )


def caller(request: Request, settings: ApiSettings) -> str:
    """Name who asks: the holder of a known key, else the address."""
    if name := holder(request, settings):
        return f"key {name}"
    host = request.client.host if request.client else "nowhere"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:  # noqa: PLR2004 - IPv6
        return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
    return str(address)
