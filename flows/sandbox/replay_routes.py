"""Replay over HTTP: routes that stand before the simulated ones and answer from recordings.

A feed the folder lacks is an empty list: invented rows beside recorded ones would pass for real. What is neither
prices nor identities (exchange rates, chains, charts) still comes from the simulated market.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from flows.sandbox.answers import Refusal, answer, comma_list, whole_number
from flows.sandbox.clock import Clock
from flows.sandbox.coincap.api import LARGEST_PAGE as COINCAP_PAGE
from flows.sandbox.coingecko.door import check_currency
from flows.sandbox.coingecko.markets import LARGEST_PAGE as COINGECKO_PAGE
from flows.sandbox.replay import Recording, Row

_NOTHING = Recording("nothing recorded", [])


def array(rows: Iterable[Row]) -> bytes:
    """Write rows as a JSON array of their own texts."""
    return f"[{','.join(row.text for row in rows)}]".encode()


def _asked(rows: list[Row], ids: list[str]) -> list[Row]:
    return [row for row in rows if row.fields["id"] in ids] if ids else rows


class Replay:
    """The recordings as seen through the endpoints they were made at."""

    def __init__(self, recordings: Mapping[str, Recording], clock: Clock) -> None:
        self._recordings = recordings
        self._clock = clock

    def _recording(self, feed: str) -> Recording:
        return self._recordings.get(feed, _NOTHING)

    def coingecko_routes(self) -> list[BaseRoute]:
        """List what stands before CoinGecko's simulated endpoints."""
        return [Route("/coins/markets", self.coingecko_markets), Route("/coins/list", self.coingecko_list)]

    def coinpaprika_routes(self) -> list[BaseRoute]:
        """List what stands before CoinPaprika's simulated endpoints."""
        return [
            Route("/tickers", self.coinpaprika_tickers),
            Route("/tickers/{id}", self.coinpaprika_ticker),
            Route("/coins", self.coinpaprika_coins),
            Route("/contracts", self.coinpaprika_platforms),
            Route("/contracts/{platform}", self.coinpaprika_contracts),
        ]

    def coincap_routes(self) -> list[BaseRoute]:
        """List what stands before CoinCap's simulated endpoints."""
        return [Route("/assets", self.coincap_assets), Route("/assets/{slug}", self.coincap_asset)]

    async def coingecko_markets(self, request: Request) -> Response:
        """Page over the recorded market rows in their recorded order."""
        query = request.query_params
        check_currency(query.get("vs_currency"))
        size = min(max(whole_number(query.get("per_page"), 100), 1), COINGECKO_PAGE)
        start = (max(whole_number(query.get("page"), 1), 1) - 1) * size
        rows = _asked(self._recording("coingecko/markets").rows, comma_list(query.get("ids")))
        return answer(array(rows[start : start + size]))

    async def coingecko_list(self, request: Request) -> Response:
        """Serve the recorded list; nothing inactive was recorded."""
        if request.query_params.get("status") == "inactive":
            return answer([])
        return answer(array(self._recording("coingecko/list").rows))

    async def coinpaprika_tickers(self, _request: Request) -> Response:
        """Serve the recorded tickers."""
        return answer(array(self._recording("coinpaprika/tickers").rows))

    async def coinpaprika_ticker(self, request: Request) -> Response:
        """Serve one recorded ticker."""
        row = self._recording("coinpaprika/tickers").find("id", request.path_params["id"])
        if row is None:
            raise Refusal(404, {"error": "id not found"})
        return answer(row.text.encode())

    async def coinpaprika_coins(self, _request: Request) -> Response:
        """Serve the recorded coins."""
        return answer(array(self._recording("coinpaprika/coins").rows))

    def _contracts(self) -> tuple[str, Recording]:
        """Find the recorded contracts and their platform, which only the file's name tells (`contracts_eth_…`)."""
        recording = self._recording("coinpaprika/contracts")
        return ("bnb-binance-coin" if "_bnb_" in recording.name else "eth-ethereum"), recording

    async def coinpaprika_platforms(self, _request: Request) -> Response:
        """Name the platform whose contracts were recorded."""
        platform, recording = self._contracts()
        return answer([platform] if recording.rows else [])

    async def coinpaprika_contracts(self, request: Request) -> Response:
        """Serve the recorded contracts of their platform."""
        platform, recording = self._contracts()
        if request.path_params["platform"] != platform or not recording.rows:
            raise Refusal(404, {"error": "platform not found"})
        return answer(array(recording.rows))

    def _enveloped(self, data: bytes) -> Response:
        recorded = self._recording("coincap/assets").timestamp
        timestamp = recorded if recorded is not None else int(self._clock.now() * 1000)
        return answer(b'{"timestamp":%d,"data":%b}' % (timestamp, data))

    async def coincap_assets(self, request: Request) -> Response:
        """Page over the recorded assets."""
        query = request.query_params
        limit, offset = whole_number(query.get("limit"), 100), max(whole_number(query.get("offset"), 0), 0)
        if not 0 < limit <= COINCAP_PAGE:
            raise Refusal(400, {"error": f"limit exceeds {COINCAP_PAGE}"})
        rows = _asked(self._recording("coincap/assets").rows, comma_list(query.get("ids")))
        return self._enveloped(array(rows[offset : offset + limit]))

    async def coincap_asset(self, request: Request) -> Response:
        """Serve one recorded asset."""
        slug = request.path_params["slug"]
        row = self._recording("coincap/assets").find("id", slug)
        if row is None:
            raise Refusal(404, {"error": f"{slug} not found"})
        return self._enveloped(row.text.encode())
