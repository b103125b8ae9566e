"""Sending through Apprise to a real receiver: nothing lost, nothing twice, failures kept with their reason."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from flows.alerting.delivery import ATTEMPTS_AT_MOST, deliver
from flows.alerting.targets import Target
from flows.pipeline import run_etl
from models.alerts import Notice
from models.outcomes import AlertCondition, NotificationKind, RunOutcome
from models.store.outbox import post
from tests.integration.alerts.conftest import TOLD, Receiver, alert, price
from tests.integration.decisions.world import NOW, World

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
SECRET = "B0secretT0ken"  # noqa: S105 - planted, to be looked for


async def notify(world: World, *names: str) -> None:
    """Put notices into the outbox."""
    async with world.sessions.begin() as session:
        await post(session, [Notice(name, NotificationKind.PRICE_ALERT, name, "body") for name in names], NOW)


async def sent(world: World, *targets: Target, after: timedelta = timedelta(0)) -> int:
    """Send what is due by then."""

    def clock() -> datetime:
        return NOW + after

    return await deliver(world.sessions, targets, clock)


async def test_an_alert_arrives_with_the_publication_that_fired_it(
    telling: World, receiver: Receiver
) -> None:
    await price(telling, "100")
    await alert(telling, AlertCondition.ABOVE, Decimal(110))
    await price(telling, "120")
    await telling.publish()
    ((_, message),) = receiver.received
    assert message["title"] == "Bitcoin (BTC) is above 110 USD"
    assert "Price: 120 USD." in message["message"]
    assert message["message"].endswith("Notification 1.")
    assert receiver.senders == {"Kasparro"}
    assert [row[1:4] for row in await telling.rows(TOLD)] == [("price_alert", "delivered", 1)]


async def test_a_crash_after_the_commit_loses_nothing(
    telling: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> int:
        raise RuntimeError("the machine fails here")

    await price(telling, "100")
    await alert(telling, AlertCondition.ABOVE, Decimal(110))
    with monkeypatch.context() as broken:
        broken.setattr("flows.unification.deliver", crash)
        with pytest.raises(RuntimeError):
            await price(telling, "120")
    assert receiver.received == []
    await price(telling, "50")
    await telling.publish()
    assert receiver.titles() == ["Bitcoin (BTC) is above 110 USD"]


async def test_a_crash_while_sending_leaves_it_to_the_next(world: World, receiver: Receiver) -> None:
    class Crashing(Target):
        def send(self, title: str, body: str) -> str | None:
            raise SystemError(f"the machine fails before {title}: {body}")

    await notify(world, "one")
    with pytest.raises(SystemError):
        await sent(world, Crashing("a", receiver.address()))
    assert await sent(world, Target("a", receiver.address())) == 1
    assert receiver.titles() == ["one"]


async def test_without_an_address_it_is_kept_and_not_sent_as_news_later(
    world: World, receiver: Receiver
) -> None:
    await notify(world, "one")
    assert await sent(world) == 0
    assert [row[2] for row in await world.rows(TOLD)] == ["kept"]
    assert await sent(world, Target("a", receiver.address())) == 0
    assert receiver.received == []


async def test_the_same_is_posted_once_and_sent_once_by_many(world: World, receiver: Receiver) -> None:
    names = [f"notice-{number}" for number in range(6)]
    await notify(world, *names)
    await notify(world, *names)
    counts = await asyncio.gather(*(sent(world, Target("a", receiver.address())) for _ in range(3)))
    assert sum(counts) == 6
    assert sorted(receiver.titles()) == names


async def test_a_second_attempt_spares_the_address_that_has_it(world: World, receiver: Receiver) -> None:
    here, there = Target("a", receiver.address("/here")), Target("b", receiver.address("/there"))
    receiver.statuses["/there"] = 503
    await notify(world, "one", "two")
    assert await sent(world, here, there) == 0
    assert receiver.titles("/here") == ["one", "two"]
    first, second = await world.rows(TOLD)
    assert first[2:4] == ("pending", 1)
    assert "b (JSON) did not take it" in first[5]
    assert "503" in first[5]
    assert second[5] is None, "the address that was down was asked once in the round"
    receiver.statuses.clear()
    assert await sent(world, here, there) == 1, "only the one that has not failed is due"
    assert await sent(world, here, there, after=timedelta(minutes=1)) == 1
    assert receiver.titles("/here") == ["one", "two"]
    assert sorted(receiver.titles("/there")) == ["one", "two"]


async def test_only_the_addresses_that_it_names_are_told(world: World, receiver: Receiver) -> None:
    ops, me = Target("a", receiver.address("/ops"), "ops"), Target("b", receiver.address("/me"), "me")
    for number, names in enumerate([("ops",), None, ("me", "gone"), ("gone",)]):
        notice = Notice(str(number), NotificationKind.PRICE_ALERT, str(number), "body", notify=names)
        async with world.sessions.begin() as session:
            await post(session, [notice], NOW)
    assert await sent(world, ops, me) == 3
    assert receiver.titles("/ops") == ["0", "1"]
    assert receiver.titles("/me") == ["1", "2"]
    unknown = "NOTIFY_URLS names no gone"
    assert [(row[2], row[5]) for row in await world.rows(TOLD)] == [
        ("delivered", None),
        ("delivered", None),
        ("delivered", unknown),
        ("kept", unknown),
    ]


async def test_it_gives_up_in_the_end_and_keeps_the_reason(world: World, receiver: Receiver) -> None:
    receiver.statuses["/hook"] = 500
    await notify(world, "one")
    target = Target("NOTIFY_URLS no. 1", receiver.address())
    for attempt in range(ATTEMPTS_AT_MOST + 2):
        await sent(world, target, after=timedelta(days=attempt))
    ((_, _, state, attempts, _, error),) = await world.rows(TOLD)
    assert (state, attempts) == ("given_up", ATTEMPTS_AT_MOST)
    assert error.startswith("NOTIFY_URLS no. 1 (JSON) did not take it: ")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a process's log gets to see; pytest's own listens where no process of ours does."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    logging.getLogger().addHandler(handler)
    yield text
    logging.getLogger().removeHandler(handler)


async def test_no_secret_of_an_address_is_kept_or_logged(
    world: World, receiver: Receiver, capsys: pytest.CaptureFixture[str], written: io.StringIO
) -> None:
    receiver.statuses[f"/{SECRET}"] = 403
    targets = [
        Target("a", receiver.address(f"/{SECRET}")),
        Target("b", f"json://{SECRET}.invalid/{SECRET}"),
        Target("c", f"nonsense://{SECRET}"),
    ]
    await notify(world, "one")
    await sent(world, *targets)
    async with world.sessions() as session:
        kept = (
            await session.execute(text("SELECT string_agg(n::text, ' ') FROM notifications n"))
        ).scalar_one()
    assert "did not take it" in kept
    assert SECRET not in kept + written.getvalue() + "".join(capsys.readouterr())


async def test_a_run_that_fails_is_told_once_and_again_after_a_good_one(
    telling: World, receiver: Receiver
) -> None:
    shop = telling.shop
    assert (await run_etl(shop, ["coinpaprika"])).outcome is RunOutcome.FAILED
    assert (await run_etl(shop, ["coinpaprika"])).outcome is RunOutcome.FAILED
    assert [title.partition(" failed")[2] for title in receiver.titles()] == [" (coinpaprika)"]
    async with telling.sessions.begin() as session:
        await session.execute(text("UPDATE etl_runs SET outcome = 'success' WHERE flow = 'etl'"))
    await run_etl(shop, ["coinpaprika"])
    assert len(receiver.titles()) == 2
    assert [row[1:3] for row in await telling.rows(TOLD)] == [("run_failed", "delivered")] * 2


async def test_a_run_that_died_is_told_by_the_next(telling: World, receiver: Receiver) -> None:
    async with telling.sessions.begin() as session:
        await session.execute(
            text(
                "INSERT INTO etl_runs (flow, outcome, started_at, pages, fetched, new, changed, unchanged, rejected, quoted)"
                " VALUES ('etl', 'running', now() - interval '1 hour', 0, 0, 0, 0, 0, 0, 0)"
            )
        )
    await run_etl(telling.shop)
    ((_, message),) = receiver.received
    assert "ended before it could finish" in message["message"]
