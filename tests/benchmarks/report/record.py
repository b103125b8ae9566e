"""What was measured as plain data, section by section: results.json is exactly this, and RESULTS.md is drawn from it."""

from __future__ import annotations

from math import log10
from typing import Any

from tests.benchmarks.asking.questions import QUESTIONS
from tests.benchmarks.contenders.roster import COLD, FASTAPI, PEER, PLAIN, WARM
from tests.benchmarks.measures import etl, load
from tests.benchmarks.measures.arena import DATA
from tests.benchmarks.measures.etl import EtlRuns
from tests.benchmarks.measures.load import Loading
from tests.benchmarks.measures.read import Key, Reading
from tests.benchmarks.measures.scaling import QUESTIONS as SCALED
from tests.benchmarks.measures.scaling import Scaling
from tests.benchmarks.measures.unseen import QUESTIONS as UNSEEN
from tests.benchmarks.measures.unseen import Unseen
from tests.benchmarks.plan import Plan

Record = dict[str, Any]
DIGITS = 4
FARTHEST = 10**8


def rounded(value: float | None) -> float | None:
    """Keep the digits that mean something."""
    return None if value is None else float(f"{value:.{DIGITS}g}")


def of_reading(reading: Reading, plan: Plan) -> Record:
    """Tell of answers under load."""
    return {
        "cold": {q.name: _told(reading, COLD.name, q.name, plan) for q in QUESTIONS},
        "warm": {q.name: _told(reading, WARM.name, q.name, plan) for q in QUESTIONS},
        "peers": {
            peer.name: {q.name: _told(reading, peer.name, q.name, plan) for q in QUESTIONS}
            for peer in (PEER, PLAIN)
        },
        "rss_mb": {name: rounded(size) for name, size in reading.rss_mb.items()},
        "data_page": {
            who.name: _one(reading, who.name, DATA, plan.headline)
            | {"vs_fastapi": rounded(reading.ratio(DATA, plan.headline, who.name, FASTAPI.name))}
            for who in (COLD, WARM, FASTAPI)
        },
        "failures": sorted(set(reading.failures)),
    }


def _told(reading: Reading, contender: str, question: str, plan: Plan) -> Record:
    others = {
        str(number): _one(reading, contender, question, number)
        | {"vs_postgraphile": rounded(reading.ratio(question, number, contender, PEER.name))}
        for number in plan.connections
    }
    return {**others[str(plan.headline)], "connections": plan.headline, "by_connections": others}


def _one(reading: Reading, contender: str, question: str, connections: int) -> Record:
    key = Key(contender, question, connections)
    return {
        "rps": rounded(reading.rps(key)),
        "p50_ms": rounded(reading.p50_ms(key)),
        "p99_ms": rounded(reading.p99_ms(key)),
        "server_cpu_ms": rounded(reading.server_ms(key)),
        "postgres_cpu_ms": rounded(reading.postgres_ms(key)),
    }


def of_unseen(unseen: Unseen) -> Record:
    """Tell of documents that are new; `vs_postgraphile` above 1: faster."""
    told: Record = {}
    for name in UNSEEN:
        ours, theirs = unseen.median_ms(COLD.name, name), unseen.median_ms(PEER.name, name)
        ratio = theirs / ours if ours and theirs else None
        told[name] = {
            "ms": rounded(ours),
            "postgraphile_ms": rounded(theirs),
            "vs_postgraphile": rounded(ratio),
        }
    return {"unseen_document": told}


def of_loading(loading: Loading) -> Record:
    """Tell of loading: ratios of rows a second, above 1: faster than the other."""
    return {
        "load": {
            "quotes_vs_copy": rounded(loading.ratio(load.CHANGED, load.COPIED)),
            "quotes_vs_dlt": rounded(loading.ratio(load.CHANGED, load.BY_DLT)),
            "quotes_vs_session_merge": rounded(loading.ratio(load.CHANGED, load.BY_ORM)),
            "unchanged_vs_changed": rounded(loading.ratio(load.UNCHANGED, load.CHANGED)),
            "points_vs_copy": rounded(loading.ratio(load.POINTS, load.POINTS_COPIED)),
            "rows_per_second": {way: rounded(loading.rate(way)) for way in loading.rows_per_second},
        }
    }


def of_scaling(scaling: Scaling, plan: Plan) -> Record:
    """Tell how answers slow down as the market grows."""
    few, more, last = plan.scales[0], plan.scales[-2], plan.scales[-1]
    least = next(size for size in plan.scales if size.assets == last.assets)
    return {
        "scaling": {
            "sizes": [
                {
                    "assets": size.assets,
                    "points": size.points,
                    "p50_ms": {name: rounded(scaling.median_ms(size, name)) for name in SCALED},
                    "pages_touched": {name: scaling.buffers.get((size, name)) for name in SCALED},
                }
                for size in plan.scales
            ],
            "assets": {
                "from": few.assets,
                "to": more.assets,
                **{n: rounded(scaling.growth(n, few, more)) for n in SCALED},
            },
            "points": {
                "from": least.points,
                "to": last.points,
                **{n: rounded(scaling.growth(n, least, last)) for n in SCALED},
            },
            "pages_at_100_million_points": {
                name: extrapolated(
                    (least.points, scaling.buffers[least, name]), (last.points, scaling.buffers[last, name])
                )
                for name in SCALED
            },
        }
    }


def extrapolated(small: tuple[int, int], large: tuple[int, int], to: int = FARTHEST) -> int:
    """Carry pages on: with every tenfold of points as many more as between the two sizes, and never fewer."""
    steps = _tenfolds(large[0], to) / _tenfolds(small[0], large[0])
    return round(large[1] + max(large[1] - small[1], 0) * steps)


def _tenfolds(small: int, large: int) -> float:
    return log10(large / small) or 1.0


def of_etl(runs: EtlRuns) -> Record:
    """Tell of whole runs."""
    kinds = (etl.FIRST, etl.AGAIN, etl.LOOP, etl.LOOP_AGAIN)
    return {
        "etl_run": {
            kind: {
                "seconds": rounded(run.seconds),
                "process_seconds": rounded(run.process_seconds),
                "peak_rss_mb": rounded(run.peak_mb),
                "listings": run.listings,
            }
            for kind in kinds
            if (run := runs.middle(kind))
        }
    }
