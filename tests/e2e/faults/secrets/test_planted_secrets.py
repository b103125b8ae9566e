"""No secret is in anything that a whole leaves behind, least of all after what went wrong."""

from __future__ import annotations

import httpx

from tests.e2e.conftest import eventually
from tests.e2e.faults.reading import Answer, ask
from tests.e2e.faults.secrets.leftovers import files_below, found_in, tables_of, watched_commands
from tests.e2e.faults.secrets.planted import PROVIDERS, SECRETS, Planted, planted
from tests.e2e.faults.world import DATABASE, Start, World

ALERT = 'mutation { createPriceAlert(uid: "bitcoin", condition: ABOVE, value: "1") { id } }'
TRIGGER = "mutation { triggerRun { prefectRunId } }"
SHOWN_RUNS = (
    "{ runs { nodes { outcome error } } notifications { nodes { error } } rejects { nodes { reason } } }"
)
WRONG = {
    "COINGECKO_API_KEY": f"{SECRETS['COINGECKO_API_KEY']}\n",
    "COINPAPRIKA_BASE_URL": f"http://ann:{SECRETS['COINPAPRIKA_API_KEY']}@127.0.0.1/v1",
    "NOTIFY_URLS": f"nosuch://{SECRETS['NOTIFY_TOKEN']}",
}
"""Settings that cannot be used, with a secret in each."""
SHOWN = {
    "worker.log": "Worker",
    "api.log": "Uvicorn",
    "prefect.db, dumped": "HTTP 401",
    "an answer": "HTTP 401",
    "a command line": "prefect.engine",
    "table etl_runs": "HTTP 401",
    "table notifications": "did not take it",
    "table raw_records": "bitcoin",
}
"""What is found in each place that is searched, without being secret."""


def test_no_secret_is_left_anywhere(world: World) -> None:
    world.begin(Start.BEGUN)
    with planted(world) as whole, watched_commands(whole.home / "state") as commands:
        said = [*_what_goes_well(whole), *_what_goes_wrong(world, whole), *_what_is_wrong(whole)]
        _assert_in_use(world, whole)
    texts = [
        *(("an answer", one) for one in said),
        *(("a command line", one) for one in commands),
        *files_below(whole.home.parent),
        *tables_of(world.url),
    ]
    assert found_in(texts, SECRETS) == []
    assert not any("Traceback" in one for one in said), "a setting that is wrong is told in a sentence"
    for place, word in SHOWN.items():
        assert any(place in where and word in text for where, text in texts), f"no {word!r} in {place}"


def _what_goes_well(whole: Planted) -> list[str]:
    alert, started = whole.ask(ALERT), whole.ask(TRIGGER)
    whole.until_ended(started["data"]["triggerRun"]["prefectRunId"])
    return [str(alert), str(started), *_read(whole)]


def _what_goes_wrong(world: World, whole: Planted) -> list[str]:
    """Let providers refuse their keys, then be away, then the database be away: under Prefect and by hand."""
    said = [str(whole.ask(TRIGGER, "API_KEY")), str(whole.ask(TRIGGER, None))]
    orders = [{"path_prefix": f"/{path}", "fault": "unauthorized", "times": 0} for path in PROVIDERS.values()]
    with world.befallen(*orders):
        said += [*_runs(whole), whole.told("flows", "run", "refresh-csv")]
    for wires in ([world.to_upstream], [world.to_postgres, whole.api_to_postgres]):
        for wire in wires:
            wire.cut()
        said += _runs(whole)
        for wire in wires:
            wire.mend()
    eventually(lambda: ask(whole.api_url) is Answer.FRESH)
    return said


def _runs(whole: Planted) -> list[str]:
    whole.until_ended(whole.trigger())
    return [whole.told("flows", "run", "etl"), *_read(whole)]


def _what_is_wrong(whole: Planted) -> list[str]:
    """Start doors with settings that cannot be used: a database that is not there, of no kind, or spelled wrongly."""
    nobody = whole.dsn.rpartition(":")[0] + f":{whole.nowhere}/{DATABASE}"
    no_port = whole.dsn.rpartition(":")[0] + f":port/{DATABASE}"
    return [
        whole.told("flows", "run", "etl", DATABASE_URL=nobody),
        whole.told("models", "check", DATABASE_URL=no_port),
        whole.told("models", "check", DATABASE_URL=whole.dsn.replace("://", ":")),
        whole.told("graphql_api", DATABASE_URL=whole.dsn.replace("postgresql", "mysql")),
        whole.told("flows", "run", "etl", **WRONG),
        whole.told("flows", "worker", PREFECT_API_AUTH_STRING=SECRETS["PREFECT_PASSWORD"]),
    ]


def _read(whole: Planted) -> list[str]:
    """Ask for what shows how it is going."""
    headers = {"x-api-key": SECRETS["ADMIN_KEY"]}
    paths = ("health", "stats", "stats/debug", "stats/sources")
    answers = [httpx.get(f"{whole.api_url}/{path}", headers=headers, timeout=60) for path in paths]
    return [*(f"{answer.text} {answer.headers}" for answer in answers), str(whole.ask(SHOWN_RUNS))]


def _assert_in_use(world: World, whole: Planted) -> None:
    """The keys did go to their providers, and doors do ask for theirs."""
    seen = httpx.get(f"{world.sandbox}/_sandbox/requests").json()["requests"]
    sent = {name for one in seen for name in one["header_names"]}
    assert {"x-cg-demo-api-key", "authorization"} <= sent
    assert httpx.get(f"{whole.prefect_url}/api/version").status_code == httpx.codes.UNAUTHORIZED
    assert whole.ask(TRIGGER, "API_KEY")["errors"][0]["extensions"]["code"] == "FORBIDDEN"
