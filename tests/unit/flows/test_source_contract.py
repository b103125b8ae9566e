"""What every source promises, asked of each in the registry over its own pages: a new one is asked for free."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows import wire
from flows.errors import SourceError
from flows.reading import Batch, understand
from flows.settings import SourceSettings
from flows.sources import REGISTRY
from flows.sources.contract import Fetched, Page, Source
from tests.fixtures.pages import FETCHED_AT, body_of, read_page, walk

KEY = "planted-key-0123456789"
FEEDS = [
    pytest.param(source, name, id=f"{source.name}-{name}")
    for source in REGISTRY.values()
    for name in source.feeds
]
SOURCES = [pytest.param(source, id=source.name) for source in REGISTRY.values()]
few = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def _records(source: Source, feed: str) -> list[Any]:
    return [raw for walked in walk(source, feed) for raw in walked.page.records]


def _batches(source: Source, feed: str) -> list[Batch]:
    return [walked.batch for walked in walk(source, feed)]


@pytest.mark.parametrize("source", SOURCES)
def test_it_is_registered_under_its_own_name_with_a_title(source: Source) -> None:
    assert REGISTRY[source.name] is source
    assert source.name.isidentifier()
    assert source.title
    assert next(iter(source.feeds)) == "quotes"
    assert all(plan.requests_per_minute > 0 for plan in source.plans.values())


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_every_record_has_an_id_of_its_own(source: Source, feed: str) -> None:
    ids = [record.record_id for batch in _batches(source, feed) for record in batch.raw]
    assert ids
    assert all(ids)
    assert "None" not in ids


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_every_record_is_kept_raw_as_it_came(source: Source, feed: str) -> None:
    kept = [record for batch in _batches(source, feed) for record in batch.raw]
    assert [wire.decode(record.payload.encode()) for record in kept] == _records(source, feed)
    assert all((record.source, record.feed) == (source.name, feed) for record in kept)
    assert all(record.content_hash == wire.hash_of(record.payload) for record in kept)


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_reading_a_record_leaves_it_as_it_came(source: Source, feed: str) -> None:
    for walked in walk(source, feed):
        before = copy.deepcopy(walked.page.records)
        understand(source.name, feed, source.feeds[feed], walked.batch.arrival)
        assert walked.page.records == before, "it is spelled for raw_records after it was parsed"


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_its_own_page_is_understood_whole(source: Source, feed: str) -> None:
    for batch in _batches(source, feed):
        assert batch.rejects == []
        assert batch.drift == {}


@pytest.mark.parametrize("source", SOURCES)
def test_every_record_of_prices_is_a_listing_and_a_quote_of_the_same_id(source: Source) -> None:
    for batch in _batches(source, "quotes"):
        ids = [quote.source_id for quote in batch.quotes]
        assert len(ids) == batch.received
        assert [listing.source_id for listing in batch.listings] == ids
        assert {quote.source for quote in batch.quotes} == {source.name}
        assert {listing.source for listing in batch.listings} == {source.name}


@pytest.mark.parametrize("source", SOURCES)
def test_prices_are_positive_and_times_are_utc(source: Source) -> None:
    for batch in _batches(source, "quotes"):
        assert all(quote.price_usd > 0 for quote in batch.quotes)
        assert all(quote.fetched_at == FETCHED_AT for quote in batch.quotes)
        times = [quote.source_updated_at for quote in batch.quotes if quote.source_updated_at]
        assert all(time.utcoffset() == FETCHED_AT.utcoffset() for time in times)


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_the_first_page_is_always_the_same_one(source: Source, feed: str) -> None:
    first = source.feeds[feed].first_page
    assert first(SourceSettings(source.name)) == first(SourceSettings(source.name))
    assert first(SourceSettings(source.name)).key == first(SourceSettings(source.name, api_key=KEY)).key


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_no_page_leads_back_to_one_already_asked_for(source: Source, feed: str) -> None:
    keys = [walked.request.key for walked in walk(source, feed)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_a_request_can_be_written_down_and_resumed(source: Source, feed: str) -> None:
    for walked in walk(source, feed):
        data = {"params": dict(walked.request.params), "context": dict(walked.request.context)}
        assert json.loads(json.dumps(data)) == data
        assert all(isinstance(value, str) for value in walked.request.params.values())


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_understanding_a_page_twice_gives_the_same(source: Source, feed: str) -> None:
    assert _batches(source, feed) == _batches(source, feed)


@pytest.mark.parametrize("source", SOURCES)
def test_it_works_without_a_key_or_says_that_it_needs_one(source: Source) -> None:
    origin = source.origin(SourceSettings(source.name))
    assert origin.headers == {} or source.needs_key
    assert origin.base_url.startswith("https://") or not source.calls_network


@pytest.mark.parametrize("plan", [None, "demo", "pro", "free"])
@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_a_key_travels_in_headers_only(source: Source, feed: str, plan: str | None) -> None:
    keyed = SourceSettings(source.name, api_key=KEY, plan=plan)
    origin = source.origin(keyed)
    assert KEY not in origin.base_url
    assert KEY not in repr(origin) + repr(keyed)
    assert all(KEY not in repr(walked.request) + walked.request.key for walked in walk(source, feed, keyed))


@pytest.mark.parametrize("source", SOURCES)
def test_another_base_url_is_obeyed_with_and_without_a_key(source: Source) -> None:
    for key in (None, KEY):
        asked = SourceSettings(source.name, base_url="https://proxy.example.org/v9", api_key=key)
        assert source.origin(asked).base_url == "https://proxy.example.org/v9"


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_it_says_how_many_records_are_usual(source: Source, feed: str) -> None:
    volume = source.feeds[feed].volume
    assert 0 < volume.at_least <= volume.about


@pytest.mark.parametrize(("source", "feed"), FEEDS)
def test_an_unknown_field_is_drift_and_never_fatal(source: Source, feed: str) -> None:
    for walked in walk(source, feed):
        grown = [{**raw, "brand_new": wire.decode(b"[1.50, null]")} for raw in walked.page.records]
        for batch in [_understood(source, feed, grown, walked.page)] if grown else []:
            assert batch.drift == {"brand_new": "[1.50,null]"}
            assert len(batch.quotes) == len(walked.batch.quotes)


def _understood(source: Source, feed: str, records: list[Any], page: Page | None = None) -> Batch:
    """Read records as if a page had brought them."""
    walked = next(
        one for one in walk(source, feed) if one.page == page or (page is None and one.page.records)
    )
    bringing = replace(source.feeds[feed], read_page=lambda _body, _request: Page(records))
    return read_page(source.name, feed, bringing, Fetched(b"", FETCHED_AT), walked.request)


HOSTILE: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["", " ", "\x00", "\ud800", "x" * 30_000, "NaN", "1e999999", "9" * 200, "-1", "<html>", "=1+1"]
    ),
    st.lists(st.none() | st.text(max_size=3), max_size=2),
    st.dictionaries(
        st.sampled_from(["USD", "price", "1", "ethereum", ""]), st.none() | st.text(max_size=3), max_size=3
    ),
)


def _storable(batch: Batch) -> None:
    """Fail where a text of the batch could not be written to PostgreSQL."""
    texts = [record.payload for record in batch.raw] + [record.record_id for record in batch.raw]
    texts += [text for reject in batch.rejects for text in (reject.record_id, reject.detail, reject.payload)]
    texts += [text for item in batch.drift.items() for text in item]
    texts += [text for listing in batch.listings for text in (listing.symbol, listing.name) if text]
    for text in texts:
        assert "\x00" not in text.encode().decode()
    for record in batch.raw:
        orjson.loads(record.payload)


@few
@pytest.mark.parametrize(("source", "feed"), FEEDS)
@given(data=st.data())
def test_no_hostile_record_gets_past_the_rejects(source: Source, feed: str, data: st.DataObject) -> None:
    known = _records(source, feed)
    records = []
    for raw in data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3)):
        bent = copy.deepcopy(raw)
        for field in data.draw(st.lists(st.sampled_from([*raw, "brand_new"]), max_size=4)):
            bent[field] = data.draw(HOSTILE)
        records.append(data.draw(st.just(bent) | HOSTILE))
    batch = _understood(source, feed, records)
    assert batch.received == len(records)
    assert len(batch.rejects) <= len(records)
    if feed == "quotes":
        assert len(batch.quotes) + len(batch.rejects) == len(records), "each record is a quote or a reject"
    _storable(batch)


@few
@pytest.mark.parametrize(("source", "feed"), FEEDS)
@given(data=st.data())
def test_a_hostile_page_is_refused_by_a_remedy_or_read(
    source: Source, feed: str, data: st.DataObject
) -> None:
    walked = data.draw(st.sampled_from(walk(source, feed)))
    page = body_of(source.name, walked.request)
    body = data.draw(
        st.binary(max_size=30)
        | st.integers(0, len(page)).map(lambda end: page[:end])
        | HOSTILE.map(lambda value: wire.encode({"rates": value, "data": value, "error": value}).encode())
        | st.lists(HOSTILE, max_size=3).map(lambda rows: wire.encode(rows).encode())
    )
    try:
        batch = read_page(source.name, feed, source.feeds[feed], Fetched(body, FETCHED_AT), walked.request)
    except SourceError as error:
        if error.source != source.name or not error.remedy:
            pytest.fail(f"{error!r} does not say which source it was, or what to do")
    else:
        _storable(batch)
