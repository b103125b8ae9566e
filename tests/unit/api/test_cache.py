"""Laws of the kept answers: what is given, what is kept, how much, and what becomes of those who wait together."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.cache import OVERHEAD_BYTES, STANDS_IN_SECONDS, Answer, ResponseCache
from graphql_api.counters import Counters
from graphql_api.settings import ApiSettings


class Kept(ResponseCache):
    """A cache whose lease is valid as long as a test says so."""

    def __init__(self, megabytes: int = 1, seconds: int = 10) -> None:
        self.counters = Counters()
        super().__init__(
            ApiSettings(response_cache_mb=megabytes, response_cache_seconds=seconds), self.counters
        )
        self.allow()

    def allow(self) -> None:
        """Say that nothing was published since."""
        self.lease._until = float("inf")  # noqa: SLF001 - what the connection says otherwise
        self.lease._regained.set()  # noqa: SLF001

    async def ask(self, key: str, body: bytes = b"{}") -> bytes:
        """Ask as a request does."""

        async def make() -> bytes:
            await asyncio.sleep(0)
            return body

        return (self.find((key,)) or await self.answer((key,), make)).body


async def test_what_was_made_is_given_until_it_is_dropped() -> None:
    cache = Kept()
    assert await cache.ask("a", b"1") == b"1"
    assert await cache.ask("a", b"2") == b"1"
    cache.lease.end()
    assert not len(cache)
    assert await cache.ask("a", b"3") == b"3"
    assert not len(cache), "nothing is kept while somebody publishes"
    cache.allow()
    assert await cache.ask("a", b"4") == b"4"
    assert await cache.ask("a", b"5") == b"4"
    assert (cache.counters.cache_hits, cache.counters.cache_misses, cache.counters.cache_bypasses) == (
        2,
        2,
        1,
    )


async def test_what_was_dropped_stands_in_until_it_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Kept()
    now = 100.0
    monkeypatch.setattr("graphql_api.cache.time.monotonic", lambda: now)
    await cache.ask("a", b"1")
    assert cache.stand_in(("b",)) is None
    for _ in range(3):
        cache.lease.lose()
    now = 160.0
    before = cache.stand_in(("a",))
    assert before is not None
    assert (before.body, before.stale_seconds) == (b"1", 60)
    assert cache.find(("a",)) is None, "it is never given as if it were new"
    now = 100.0 + STANDS_IN_SECONDS + 1
    assert cache.stand_in(("a",)) is None


async def test_the_newest_of_what_was_kept_stands_in() -> None:
    cache = Kept()
    await cache.ask("a", b"1")
    await cache.ask("b", b"1")
    cache.lease.end()
    cache.allow()
    await cache.ask("a", b"2")
    for key, body in (("a", b"2"), ("b", b"1")):
        before = cache.stand_in((key,))
        assert before is not None
        assert before.body == body


async def test_what_was_begun_before_a_publication_is_not_kept_and_not_shared_with_who_asks_after_it() -> (
    None
):
    cache = Kept()
    read, go = asyncio.Event(), asyncio.Event()

    async def old() -> bytes:
        read.set()
        await go.wait()
        return b"old"

    first = asyncio.create_task(cache.answer(("a",), old))
    await read.wait()
    cache.lease.end()
    cache.allow()
    assert await cache.ask("a", b"new") == b"new"
    go.set()
    assert (await first).body == b"old"
    assert await cache.ask("a") == b"new"


async def test_who_asks_while_somebody_commits_waits_for_what_can_be_kept() -> None:
    cache = Kept()
    cache.lease.end()
    asking = asyncio.create_task(cache.ask("a", b"1"))
    await asyncio.sleep(0.01)
    assert not asking.done()
    cache.allow()
    assert await asking == b"1"
    assert await cache.ask("a", b"2") == b"1"
    assert cache.counters.cache_bypasses == 0


async def test_where_nothing_is_heard_nobody_waits() -> None:
    cache = Kept()
    cache.lease.lose()
    with pytest.raises(StopIteration):
        cache.lease.regained().send(None)


async def test_one_alone_is_told_to_renew_an_answer_and_only_shortly_before_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = Kept(seconds=10)
    now = 100.0
    monkeypatch.setattr("graphql_api.cache.time.monotonic", lambda: now)
    await cache.ask("a", b"1")
    found = cache.find(("a",))
    assert found is not None
    now = 107.0
    assert not cache.must_renew(found)
    now = 108.5
    assert [cache.must_renew(found), cache.must_renew(found)] == [True, False]


async def test_an_answer_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Kept(seconds=10)
    now = 100.0
    monkeypatch.setattr("graphql_api.cache.time.monotonic", lambda: now)
    await cache.ask("a", b"1")
    now = 109.0
    assert await cache.ask("a", b"2") == b"1"
    now = 111.0
    assert await cache.ask("a", b"2") == b"2"


async def test_an_answer_is_as_old_as_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Kept(seconds=10)
    now = 100.0
    monkeypatch.setattr("graphql_api.cache.time.monotonic", lambda: now)

    async def slow() -> bytes:
        nonlocal now
        now = 109.0
        return b"1"

    await cache.answer(("a",), slow)
    now = 111.0
    assert await cache.ask("a", b"2") == b"2"


async def test_who_asks_together_is_answered_once_also_when_the_first_leaves() -> None:
    cache, made, go = Kept(), 0, asyncio.Event()

    async def make() -> bytes:
        nonlocal made
        made += 1
        await go.wait()
        return b"1"

    asking = [asyncio.create_task(cache.answer(("a",), make)) for _ in range(20)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.wait({asking[0]})
    go.set()
    assert {answer.body for answer in await asyncio.gather(*asking[1:])} == {b"1"}
    assert (made, cache.counters.cache_joined) == (1, 19)


async def test_with_the_last_who_waits_the_work_is_given_up_and_the_next_begins_anew() -> None:
    cache, begun, given_up = Kept(), asyncio.Event(), asyncio.Event()

    async def make() -> bytes:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        return b""

    asking = [asyncio.create_task(cache.answer(("a",), make)) for _ in range(3)]
    await begun.wait()
    for task in asking:
        task.cancel()
    await asyncio.wait(asking)
    assert await cache.ask("a", b"new") == b"new"
    await asyncio.wait_for(given_up.wait(), 1)


async def test_what_goes_wrong_is_told_to_all_and_not_kept() -> None:
    cache = Kept()

    async def fail() -> bytes:
        await asyncio.sleep(0)
        raise ValueError("wrong")

    outcomes = await asyncio.gather(*(cache.answer(("a",), fail) for _ in range(3)), return_exceptions=True)
    assert [str(each) for each in outcomes] == ["wrong"] * 3
    assert await cache.ask("a", b"right") == b"right"


async def test_nothing_is_kept_where_it_is_switched_off() -> None:
    for cache in (Kept(megabytes=0), Kept(seconds=0)):
        assert not cache.is_on
        assert [await cache.ask("a", body) for body in (b"1", b"2")] == [b"1", b"2"]


async def test_a_giant_is_given_and_not_kept() -> None:
    cache = Kept()
    assert len(await cache.ask("a", b"x" * 200_000)) == 200_000
    assert not len(cache)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 120_000)), max_size=60))
def test_the_kept_answers_are_those_used_last_and_never_more_than_allowed(
    asked: list[tuple[int, int]],
) -> None:
    async def run() -> None:
        cache, model = Kept(), OrderedDict[str, int]()
        for number, size in asked:
            key = str(number)
            found = cache.find((key,))
            assert (found is not None) == (key in model)
            if found is None:
                await cache.ask(key, b"x" * size)
                model[key] = size + len(key) + OVERHEAD_BYTES
            model.move_to_end(key)
            while sum(model.values()) > 1_000_000:
                model.popitem(last=False)
            assert cache.bytes == sum(model.values()) <= 1_000_000

    asyncio.run(run())


async def test_what_is_derived_from_an_answer_counts_as_well() -> None:
    cache = Kept()
    await cache.ask("a", b"x" * 1000)
    answer = cache.find(("a",))
    assert isinstance(answer, Answer)
    before = cache.bytes
    answer.encoded[b"gzip"] = b"y" * 500, b"gzip"
    cache.grown(answer)
    assert cache.bytes == before + 500
