"""The history of currencies: what a bitcoin cost in each on the days of which no rate is known. No Prefect here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flows.days import ONE_DAY, Days, last_whole_day
from flows.errors import Fatal
from flows.history.charts import Chart, chart_of
from flows.history.progress import SourceProgress
from flows.history.windows import widened
from flows.sources.contract import RatesAsked, Source
from flows.workshop import Workshop, now
from models.outcomes import Purpose
from models.queries.rates import DOLLAR, near_codes, newest_named, rated_days
from models.records import FxRate
from models.store.publish import announce
from models.store.rates import add_past_rates
from models.store.records import keep_raw, keep_rejects
from models.store.runs import count_page


@dataclass(slots=True)
class RatesBackfill:
    """The backfill of currencies from one source."""

    shop: Workshop
    source: Source
    asked: RatesAsked
    run_id: int
    progress: SourceProgress

    async def run(self, codes: Sequence[str], since: date) -> None:
        """Bring in what is missing of each currency and of the dollar, by which all others convert.

        Raises a `SourceError`: what came before it stays. Few days are missing the next time, and only they are asked.
        """
        wanted, new = Days(since, last_whole_day(now())), 0
        for code in dict.fromkeys((DOLLAR, *codes)):
            self.progress.state = f"asking for {code}"
            new += await self._bring_in(code, wanted)
        if new:
            await announce(self.shop.sessions, now())

    async def _bring_in(self, code: str, wanted: Days) -> int:
        async with self.shop.sessions() as session:
            named = (await session.execute(newest_named(code))).one()
            known = set(await session.scalars(rated_days(code, wanted.starts_at, wanted.ends_at)))
        new = 0
        for stretch in _missing(wanted, known, self.asked.history.longest):
            chart = await self._chart(code, stretch, wanted.last)
            rates = [
                FxRate(self.source.name, code, named.name, named.kind, point.price_usd, point.observed_at)
                for point in chart.points
                if point.observed_at.date() not in known
            ]
            new += await self._store(chart, rates)
        return new

    async def _chart(self, code: str, stretch: Days, last: date) -> Chart:
        history, settings = self.asked.history, self.shop.settings_of(self.source)
        request = self.asked.request(code, widened(stretch, history.shortest, last))
        fetched = await self.shop.client.fetch(self.source, settings, request, Purpose.HISTORY)
        return chart_of(self.source.name, history, fetched, request, f"btc in {code}", stretch)

    async def _store(self, chart: Chart, rates: Sequence[FxRate]) -> int:
        async with self.shop.sessions.begin() as session:
            await keep_raw(session, [chart.raw], self.run_id)
            await keep_rejects(session, chart.rejects, self.run_id, now())
            new = await add_past_rates(session, rates)
            counts = {"pages": 1, "fetched": len(rates), "new": new, "rejected": len(chart.rejects)}
            await count_page(session, self.run_id, counts)
        self.progress.answers += 1
        self.progress.rates += new
        return new


async def require_codes(shop: Workshop, codes: Sequence[str]) -> None:
    """Raise `Fatal` for a currency that no source told a rate of, with what may have been meant."""
    async with shop.sessions() as session:
        for code in codes:
            if (await session.execute(newest_named(code))).one_or_none() is None:
                known = [row.code for row in await session.execute(newest_named())]
                near = near_codes(code, known)
                meant = f": did you mean {near}?" if near else ": `currencies` lists those there are"
                raise Fatal(f"there is no currency {code!r}{meant}")


def _missing(wanted: Days, known: set[date], longest: int) -> list[Days]:
    """Cut the days from the first missing one to the last into stretches that one request may ask for, newest first."""
    days = [wanted.first + count * ONE_DAY for count in range(wanted.count)]
    missing = [day for day in days if day not in known]
    stretches = []
    while missing:
        last = missing[-1]
        first = max(missing[0], last - (longest - 1) * ONE_DAY)
        stretches.append(Days(first, last))
        missing = [day for day in missing if day < first]
    return stretches
