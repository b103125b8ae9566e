"""Bodies in and out: exact numbers, errors named by their remedy, and one spelling for equal content."""

from __future__ import annotations

from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import wire
from flows.errors import (
    BeyondPlan,
    BudgetExhausted,
    Fatal,
    NotFound,
    Refused,
    RetryLater,
    RetryNow,
    SourceError,
)

LIMIT = "You've exceeded the Rate Limit."
SUNSET = "We are deprecating this version of the CoinCap API on March 31, 2025."


def exact_numbers() -> st.SearchStrategy[int | Decimal]:
    """What `decode` makes of numbers: ints that fit 64 bits, and Decimals for everything else."""
    fractions = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)
    return st.integers(-(10**17), 10**17) | fractions


def json_values() -> st.SearchStrategy[object]:
    """Anything a provider may send and PostgreSQL can keep: no NUL and no half surrogate pair."""
    texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
    leaves = st.none() | st.booleans() | exact_numbers() | texts
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=12,
    )


@given(json_values())
def test_what_is_written_reads_back_the_same(value: object) -> None:
    assert wire.decode(wire.encode(value).encode()) == value


@given(json_values())
def test_writing_is_canonical(value: object) -> None:
    text = wire.encode(value)
    assert wire.encode(wire.decode(text.encode())) == text
    assert wire.hash_of(text) == wire.hash_of(wire.encode(value))


@given(st.dictionaries(st.text("abc", max_size=3), st.integers(0, 9)))
def test_the_order_of_keys_does_not_matter(data: dict[str, int]) -> None:
    assert wire.encode(data) == wire.encode(dict(reversed(data.items())))


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b"59902.110000000000582077", Decimal("59902.110000000000582077")),
        (b"9.447100360921052e-8", Decimal("9.447100360921052E-8")),
        (b"1.2e-11", Decimal("1.2E-11")),
        (b"9007199254740993", 9007199254740993),
        (b"123456789012345678901234567890", Decimal(123456789012345678901234567890)),
        (b"20012350.0", Decimal("20012350.0")),
    ],
)
def test_numbers_keep_every_digit(body: bytes, number: object) -> None:
    decoded = wire.decode(body)
    assert decoded == number
    assert str(decoded) == str(number)


@pytest.mark.parametrize(
    "body",
    [
        b"[NaN]",
        b"[Infinity]",
        b"[-Infinity]",
        b'[{"id":"bitcoin","cur',
        b"",
        b"<!doctype html><title>Uh Oh! (500)</title>",
        b"\xff\xfe\x00",
        b"[1e99999999999999999999]",
        b"[1] trailing",
    ],
)
def test_what_is_no_json_is_worth_another_try(body: bytes) -> None:
    with pytest.raises(RetryNow) as caught:
        wire.decode(body)
    assert caught.value.body == body
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 50_000, id="never closed"),
        pytest.param(b"[" * 50_000 + b"]" * 50_000, id="an abyss"),
        pytest.param(b'{"a":' * 1_025 + b"1" + b"}" * 1_025, id="one too many"),
    ],
)
def test_an_abyss_is_refused_in_one_sentence(body: bytes) -> None:
    with pytest.raises(Fatal, match="answered with JSON nested too deep to read: ") as caught:
        wire.refuse_broken(body)
    assert caught.value.body == body
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("levels", [6, 300, 995, 1_000])
def test_an_error_below_errors_without_end_is_an_error(levels: int) -> None:
    with pytest.raises(Fatal):
        wire.refuse_broken(b'{"error":' * levels + b'"no"' + b"}" * levels)


def test_a_record_of_absurd_depth_costs_no_page() -> None:
    wire.refuse_broken(b'[{"id":"\\ud800","deep":' + b"[" * 300 + b"]" * 300 + b"}]")


def test_a_providers_message_is_told_in_bounds_and_can_be_stored() -> None:
    body = b'{"error":"\\u0000\\ud800' + b"no! " * 250_000 + b'"}'
    with pytest.raises(Fatal) as caught:
        wire.refuse_broken(body)
    told = str(caught.value)
    assert told.startswith("\\u0000\\ud800no! no! ")
    assert len(told) < 600


@pytest.mark.parametrize("body", [b"Throttled", b"error code: 1015", b"\n error code: 1020\n"])
def test_the_edge_asks_for_a_pause_in_plain_text(body: bytes) -> None:
    with pytest.raises(RetryLater) as caught:
        wire.decode(body)
    assert caught.value.seconds == wire.DEFAULT_PAUSE_SECONDS


FIVE_SHAPES = [
    ({"error": "coin not found"}, (None, "coin not found")),
    ({"status": {"error_code": 429, "error_message": LIMIT}}, (429, LIMIT)),
    ({"error_code": 10010, "status": {"error_message": "wrong root"}}, (10010, "wrong root")),
    ({"error": {"status": {"error_code": 10012, "error_message": "too old"}}}, (10012, "too old")),
    ({"data": {"message": SUNSET}, "timestamp": 1743435300643}, (None, SUNSET)),
]


@pytest.mark.parametrize(("data", "told"), FIVE_SHAPES)
def test_an_error_is_found_in_each_of_the_five_shapes(data: object, told: object) -> None:
    assert wire.said_error(data) == told


@pytest.mark.parametrize(
    "data",
    [[], "text", 5, None, {"data": []}, {"data": {"id": "bitcoin", "message": "no error"}}, {"status": "ok"}],
)
def test_no_error_is_found_where_none_is(data: object) -> None:
    assert wire.said_error(data) is None


@pytest.mark.parametrize(
    ("status", "data", "remedy"),
    [
        (400, {"error": "invalid vs_currency"}, Fatal),
        (400, {"status": {"error_code": 10010, "error_message": "change your root URL"}}, Fatal),
        (401, {"error": {"status": {"error_code": 10012, "error_message": "too old"}}}, BeyondPlan),
        (402, {"error": "Getting daily historical data is not allowed in this plan."}, BeyondPlan),
        (402, {"error": "no credits left"}, BudgetExhausted),
        (403, {"status": {"error_code": 403, "error_message": "add a descriptive User-Agent"}}, Refused),
        (401, None, Refused),
        (403, None, Refused),
        (404, {"error": "id not found"}, NotFound),
        (408, None, RetryNow),
        (425, None, RetryNow),
        (429, {"error": "you have reached maximum request limit"}, RetryLater),
        (429, {"data": {"message": SUNSET}, "timestamp": 1}, Fatal),
        (500, None, RetryNow),
        (502, {"error": "bad gateway"}, RetryNow),
        (200, {"status": {"error_code": 429, "error_message": LIMIT}}, RetryLater),
        (200, {"status": {"error_code": 500, "error_message": "oops"}}, RetryNow),
        (200, {"status": {"error_code": 10002, "error_message": "API Key Missing"}}, Fatal),
        (200, {"error": "asdf not found", "timestamp": 1}, Fatal),
        (200, {"anything": "else"}, Fatal),
    ],
)
def test_an_answer_is_named_by_its_remedy(status: int, data: object, remedy: type[SourceError]) -> None:
    body = orjson.dumps(data)
    error = wire.error_for(status, data, body)
    assert type(error) is remedy
    assert error.body == body
    told = wire.said_error(data)
    assert (told[1] if told else "unexpected answer") in str(error)


@pytest.mark.parametrize(("status", "seconds"), [(429, 119.0), (503, 30.0)])
def test_a_pause_asked_for_in_the_headers_is_kept(status: int, seconds: float) -> None:
    error = wire.error_for(status, None, b"", pause=seconds)
    assert isinstance(error, RetryLater)
    assert error.seconds == seconds


def test_a_limit_without_a_time_waits_the_usual_pause() -> None:
    error = wire.error_for(429, None, b"")
    assert isinstance(error, RetryLater)
    assert error.seconds == wire.DEFAULT_PAUSE_SECONDS


@pytest.mark.parametrize(("data", "_told"), FIVE_SHAPES)
def test_an_error_in_a_good_looking_answer_is_raised(data: object, _told: object) -> None:
    body = orjson.dumps(data)
    with pytest.raises(SourceError):
        wire.decode_list(body)
    with pytest.raises(SourceError):
        wire.decode_object(body)


def test_a_list_and_an_object_are_told_apart() -> None:
    assert wire.decode_list(b'[{"id":"bitcoin"}]') == [{"id": "bitcoin"}]
    assert wire.decode_object(b'{"rates":{}}', "rates") == {"rates": {}}
    with pytest.raises(Fatal, match="unexpected answer"):
        wire.decode_object(b"[]")
    with pytest.raises(Fatal, match="unexpected answer"):
        wire.decode_object(b'{"rate":{}}', "rates")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"name": "a\x00b"}, '{"name":"a\\\\u0000b"}'),
        ({"a\x00": 1}, '{"a\\\\u0000":1}'),
        ({"name": "\ud800"}, '{"name":"\\\\ud800"}'),
        ({"\udfff": [Decimal("1.50")]}, '{"\\\\udfff":[1.50]}'),
    ],
)
def test_what_postgres_cannot_hold_is_written_out(value: object, kept: str) -> None:
    assert wire.encode(value) == kept


@pytest.mark.parametrize("number", ["1E+200000", "1E-20000", "-1E+131072", "0." + "1" * 16384])
def test_a_number_no_column_holds_becomes_a_text(number: str) -> None:
    assert wire.encode([Decimal(number)]) == f'["{Decimal(number)}"]'


@pytest.mark.parametrize("number", ["1E+131071", "1E-16383", "0", "0.000"])
def test_a_number_a_column_holds_stays_one(number: str) -> None:
    assert wire.encode([Decimal(number)]) == f"[{Decimal(number)}]"


def test_absurd_nesting_becomes_one_text() -> None:
    nested: object = 1
    for _ in range(300):
        nested = [nested]
    text = wire.encode({"deep": nested})
    assert isinstance(orjson.loads(text), str)


@given(st.text())
def test_printable_text_is_kept_as_it_is_and_hostile_text_can_be_kept(text: str) -> None:
    kept = wire.printable(text)
    is_clean = "\x00" not in text and not any(0xD800 <= ord(one) <= 0xDFFF for one in text)
    assert (kept == text) is is_clean
    assert "\x00" not in kept
    assert kept.encode().decode() == kept
