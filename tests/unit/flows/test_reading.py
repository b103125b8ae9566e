"""From a page to what is kept: bad answers named by their remedy, every record in one place, drift seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import orjson
import pytest

from flows import wire
from flows.errors import Fatal, RecordRejected, RetryNow, SourceError
from flows.reading import BODY_KEPT, ID_KEPT, reject_of_page
from flows.settings import SourceSettings
from flows.sources import coincap, coingecko, coinpaprika
from flows.sources.contract import Feed, Fetched, Page, PageRequest, Source, Volume
from models.records import Quote
from tests.fixtures.bad_answers import BAD_ANSWERS, BadAnswer
from tests.fixtures.pages import FETCHED_AT, read, read_page, walk

READERS: dict[str, Source] = {
    "coingecko": coingecko.SOURCE,
    "coinpaprika": coinpaprika.SOURCE,
    "coincap": coincap.API,
}


@pytest.mark.parametrize(
    "answer",
    [pytest.param(answer, id=answer.name) for answer in BAD_ANSWERS if answer.reply.status == 200],
)
def test_a_bad_page_with_a_good_status_is_named_by_its_remedy(answer: BadAnswer) -> None:
    with pytest.raises(SourceError, match=answer.told) as caught:
        read(READERS[answer.source], READERS[answer.source].quotes, answer.body)
    assert type(caught.value) is answer.remedy
    assert str(caught.value).startswith(f"{answer.source}: ")


def test_a_page_that_is_no_page_is_kept_with_its_reason() -> None:
    request = PageRequest("/coins/markets", {"page": "1"})
    error = RetryNow("did not answer with JSON", source="coingecko", body=b"<html>\x00\xff" + b"x" * 50_000)
    reject = reject_of_page("coingecko", "quotes", request, error)
    assert (reject.record_id, reject.reason) == ("/coins/markets?page=1", "RetryNow")
    assert reject.detail == "coingecko: did not answer with JSON"
    kept = orjson.loads(reject.payload)
    assert kept.startswith("<html>\\u0000\ufffdx")
    assert len(kept) <= BODY_KEPT + len("\\u0000")


def _feed(**said: object) -> Feed:
    """Return a feed whose records are `{"id": …, "price": …}`."""

    def parse(raw: dict[str, object], _: object) -> list[Quote]:
        price = raw.pop("price")
        if price == "reject":
            raise RecordRejected("no_price", "as asked")
        assert isinstance(price, int)
        return [Quote("mine", str(raw.pop("id")), FETCHED_AT, Decimal(1) / price)]

    feed = Feed(
        first_page=lambda _: PageRequest("/all"),
        read_page=lambda body, _: Page(wire.decode_list(body)),
        parse=parse,
        record_id=lambda raw: str(raw.get("id")),
        volume=Volume(1, 1),
        every=timedelta(0),
    )
    return replace(feed, **said)  # type: ignore[arg-type]


def _read(
    records: list[object], feed: Feed | None = None
) -> tuple[list[str], list[tuple[str, str]], dict[str, str]]:
    body = wire.encode(records).encode()
    batch = read_page("mine", "quotes", feed or _feed(), Fetched(body, FETCHED_AT), PageRequest("/all"))
    assert batch.received == len(records)
    rejects = [(reject.record_id, reject.reason) for reject in batch.rejects]
    return [quote.source_id for quote in batch.quotes], rejects, batch.drift


def test_every_record_ends_in_one_place() -> None:
    records: list[object] = [
        {"id": "good", "price": 2},
        {"id": "refused", "price": "reject"},
        {"id": "absent"},
        {"id": "zero", "price": 0},
        "a text",
        None,
        [],
    ]
    quotes, rejects, _ = _read(records)
    assert quotes == ["good"]
    assert rejects == [
        ("refused", "no_price"),
        ("absent", "unreadable"),
        ("zero", "unreadable"),
        ("", "malformed"),
        ("", "malformed"),
        ("", "malformed"),
    ]


def test_a_parser_may_trip_over_anything_and_lose_one_record() -> None:
    def trip(_raw: object, _seen: object) -> list[Quote]:
        raise RetryNow("inside one record")

    assert _read([{"id": "a", "price": 1}], _feed(parse=trip))[1] == [("a", "unreadable")]


def test_the_same_record_twice_has_the_same_hash_and_another_has_not() -> None:
    body = b'[{"id":"a","price":1},{"price":1,"id":"a"},{"id":"a","price":2}]'
    batch = read_page("mine", "quotes", _feed(), Fetched(body, FETCHED_AT), PageRequest("/all"))
    first, same, other = (record.content_hash for record in batch.raw)
    assert first == same != other


def test_drift_is_the_first_value_of_a_key_that_nobody_reads() -> None:
    records: list[object] = [
        {"id": "a", "price": 1, "known": 1},
        {"id": "b", "price": 1, "new": Decimal("1.50")},
    ]
    records.append({"id": "c", "price": 1, "new": None, "\x00": "\x00"})
    quotes, _, drift = _read(records, _feed(ignored=frozenset({"known"})))
    assert quotes == ["a", "b", "c"]
    assert drift == {"new": "1.50", "\\u0000": '"\\\\u0000"'}


def test_an_endless_id_or_key_is_cut_to_what_an_index_holds() -> None:
    records: list[object] = [{"id": "x" * 5_000, "price": "reject"}, {"id": "a", "price": 1, "k" * 5_000: 1}]
    _, rejects, drift = _read(records)
    assert rejects == [("x" * ID_KEPT, "no_price")]
    assert drift == {"k" * ID_KEPT: "1"}


def test_lines_that_are_no_records_are_rejects_of_the_page() -> None:
    body = b"id,priceUsd\nbitcoin,1\nbroken\n"
    batch = read(coincap.SOURCE, coincap.SOURCE.quotes, body)
    assert [(reject.record_id, reject.reason) for reject in batch.rejects] == [("line 3", "malformed_row")]
    assert "broken" in orjson.loads(batch.rejects[0].payload)
    assert [quote.source_id for quote in batch.quotes] == ["bitcoin"]


def test_a_reader_that_trips_over_a_page_says_which_page_and_keeps_it() -> None:
    def trip(body: bytes, _: PageRequest) -> Page:
        return Page([row["id"] for row in wire.decode(body)])

    with pytest.raises(Fatal, match=r"mine: /all is no page of quotes \(KeyError") as caught:
        _read([{"price": 1}], _feed(read_page=trip))
    assert caught.value.body == b'[{"price":1}]'


def test_the_same_coin_on_two_pages_is_read_twice() -> None:
    (walked,) = walk(coingecko.SOURCE, "quotes", SourceSettings("coingecko"))
    twice = [*walked.page.records, walked.page.records[0]]
    batch = read(coingecko.SOURCE, coingecko.SOURCE.quotes, wire.encode(twice).encode())
    assert [quote.source_id for quote in batch.quotes].count("bitcoin") == 2
    assert batch.rejects == []
