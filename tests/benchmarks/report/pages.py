"""RESULTS.md, drawn from the record alone: so a part that was measured again changes its own tables and no others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.benchmarks.asking.questions import QUESTIONS
from tests.benchmarks.contenders.roster import COLD, FASTAPI, PEER, PLAIN, WARM
from tests.benchmarks.report.goals import GOALS

Record = dict[str, Any]
TITLES = {who.name: who.title for who in (COLD, WARM, PEER, PLAIN, FASTAPI)}
NAMES = [question.name for question in QUESTIONS]
WAYS = {
    "copy": "COPY, binary, into a table without index: the limit",
    "changed": "Kasparro, every quote changed",
    "unchanged": "Kasparro, no quote changed",
    "dlt": "dlt, merge by primary key, from dicts",
    "session_merge": "SQLModel, `session.merge`",
    "points_copy": "history: COPY, binary, into a table without index",
    "points": "history: Kasparro",
}
RUNS = {
    "first": "Kasparro, into an empty database",
    "again": "Kasparro, the run after",
    "fastapi_loop": "`session.merge` loop, into an empty database",
    "fastapi_loop_again": "`session.merge` loop, the run after",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> str:
    """Draw a table; so many columns are words, the others are figures."""
    lines = [head, ["---" if at < words else "---:" for at in range(len(head))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def figure(value: float | None) -> str:
    """Write a figure as short as it means something; a dash where there is none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def draw(record: Record) -> str:
    """Draw the whole page."""
    parts = [_opening(record), _goals(record)]
    parts += [section(record) for key, section in _SECTIONS if key in record]
    return "\n\n".join(parts) + "\n"


def _opening(record: Record) -> str:
    about = "; ".join(f"{part} on {told}" for part, told in sorted(record.get("about", {}).items()))
    absent = "".join(f"\n\n{who} did not take part: {why}" for who, why in record.get("absent", {}).items())
    failures = "".join(f"\n\nFailed in a round: {told}" for told in record.get("failures", ()))
    machine = table(["machine", ""], record.get("machine", {}).items(), words=2)
    return (
        "# How fast\n\nWritten by `make bench`; read the ratios, they are medians over interleaved rounds on one machine "
        f"whose cores the load generator, PostgreSQL and every server share.\nMeasured: {about}.\n\n"
        f"{machine}{absent}{failures}"
    )


def _goals(record: Record) -> str:
    rows = []
    for goal in GOALS:
        value = goal.found(record)
        wanted = f"≥ {goal.at_least:g}" if goal.at_least is not None else f"≤ {goal.at_most:g}"
        verdict = "not measured" if value is None else "yes" if goal.is_met(value) else "**no**"
        rows.append([goal.says, wanted, figure(value), verdict])
    return "## What it must reach\n\n" + table(["", "wanted", "found", "reached"], rows)


def _reading(record: Record) -> str:
    asked = table(["", "asked"], [[question.name, question.title] for question in QUESTIONS], words=2)
    counts = list(next(iter(record["cold"].values()))["by_connections"])
    parts = [f"## Reading\n\n{asked}"]
    parts += [
        f"Answers a second over {count} connections (times PostGraphile's):\n\n{_rates(record, count)}"
        for count in counts
    ]
    parts += [
        f"p50 / p99 in ms over {counts[-1]} connections:\n\n{_latencies(record, counts[-1])}",
        f"CPU time for an answer in ms, the server's + Postgres', over {counts[-1]} connections:\n\n"
        + _cpu(record, counts[-1]),
        _data(record),
    ]
    return "\n\n".join(parts)


def _contenders(record: Record) -> list[tuple[str, Record]]:
    return [(COLD.name, record["cold"]), (WARM.name, record["warm"]), *record["peers"].items()]


def _rates(record: Record, count: str) -> str:
    rows = []
    for who, told in _contenders(record):
        cells = [told[name]["by_connections"][count] for name in NAMES]
        texts = [f"{figure(cell['rps'])} ({figure(cell['vs_postgraphile'])})" for cell in cells]
        rows.append([TITLES[who], *texts, figure(record["rss_mb"].get(who))])
    return table(["", *NAMES, "RSS, MB"], rows)


def _latencies(record: Record, count: str) -> str:
    return table(
        ["", *NAMES],
        [
            [TITLES[who], *(f"{figure(cell['p50_ms'])} / {figure(cell['p99_ms'])}" for cell in cells)]
            for who, cells in _cells(record, count)
        ],
    )


def _cpu(record: Record, count: str) -> str:
    return table(
        ["", *NAMES],
        [
            [
                TITLES[who],
                *(f"{figure(c['server_cpu_ms'])} + {figure(c['postgres_cpu_ms'])}" for c in cells),
            ]
            for who, cells in _cells(record, count)
        ],
    )


def _cells(record: Record, count: str) -> list[tuple[str, list[Record]]]:
    return [
        (who, [told[name]["by_connections"][count] for name in NAMES]) for who, told in _contenders(record)
    ]


def _data(record: Record) -> str:
    rows = [
        [
            TITLES[who],
            figure(told["rps"]),
            figure(told["vs_fastapi"]),
            figure(told["p50_ms"]),
            figure(told["p99_ms"]),
        ]
        for who, told in record["data_page"].items()
    ]
    return "`GET /data`, 100 rows at a random offset:\n\n" + table(
        ["", "answers a second", "times FastAPI's", "p50, ms", "p99, ms"], rows
    )


def _unseen(record: Record) -> str:
    rows = [
        [name, figure(told["ms"]), figure(told["postgraphile_ms"]), figure(told["vs_postgraphile"])]
        for name, told in record["unseen_document"].items()
    ]
    return (
        "## A document never seen before\n\nA new text with every request, one after another, median in ms:\n\n"
        + table(["", "Kasparro", "PostGraphile", "PostGraphile's time / ours"], rows)
    )


def _load(record: Record) -> str:
    told = record["load"]
    rows = [[words, figure(told["rows_per_second"].get(way))] for way, words in WAYS.items()]
    return "## Loading\n\n" + table(["", "rows a second"], rows)


def _scaling(record: Record) -> str:
    told = record["scaling"]
    names = list(told["sizes"][0]["p50_ms"])
    rows = [
        [
            f"{size['assets']:,} assets, {size['points']:,} points",
            *(f"{figure(size['p50_ms'][name])} ({figure(size['pages_touched'][name])})" for name in names),
        ]
        for size in told["sizes"]
    ]
    farthest = ["… 100,000,000 points, from the plans", *(f"({told['pages_at_100_million_points'][name]:,})" for name in names)]  # fmt: skip
    return (
        "## As the market grows\n\np50 in ms over one connection, in brackets the 8 KiB pages that its plan touches "
        "([PLANS.md](PLANS.md)):\n\n" + table(["", *names], [*rows, farthest])
    )


def _etl(record: Record) -> str:
    rows = [
        [
            RUNS[kind],
            figure(told["seconds"]),
            figure(told["process_seconds"]),
            figure(told["peak_rss_mb"]),
            figure(told["listings"]),
        ]
        for kind, told in record["etl_run"].items()
    ]
    return (
        "## A whole run\n\nThree sandbox sources. The loop stores the same pages' payloads, listings and quotes, and "
        "does none of the rest: no identities, no matching, no prices, no history.\n\n"
        + table(["", "seconds, from Running", "seconds, the process", "peak memory, MB", "quotes kept"], rows)
    )


_SECTIONS = (
    ("cold", _reading),
    ("unseen_document", _unseen),
    ("load", _load),
    ("scaling", _scaling),
    ("etl_run", _etl),
)


def draw_plans(plans: Iterable[tuple[str, str]]) -> str:
    """Draw how Postgres finds the rows, statement by statement."""
    parts = [f"## {title}\n\n```text\n{plan}\n```" for title, plan in plans]
    return (
        "\n\n".join(
            [
                "# How Postgres finds the rows\n\nWritten by `make bench`: EXPLAIN (ANALYZE, BUFFERS) of what chooses the rows.",
                *parts,
            ]
        )
        + "\n"
    )
