"""What the providers' wire is known to do wrong, line by line, and the fault that does it here."""

from __future__ import annotations

import pytest

from flows.sandbox.faults.catalogue import FAULTS
from tests.fixtures.bad_answers import BAD_ANSWERS

CHECKLIST = {
    "CoinGecko: null in each of the nullable fields": {"nulls"},
    "CoinGecko: no rank, market cap 0, price 1.2e-11, an integer beyond 2^53": {"odd_numbers"},
    "CoinGecko: the same id on two pages": {"duplicate_ids", "page_shift"},
    "CoinGecko: a short last page": {"half_gone"},
    "CoinGecko: a full last page, then an empty one": {"empty_list"},
    "CoinGecko: platforms empty, nameless, null": {"odd_addresses"},
    "CoinGecko: 401 with 10012 nested": {"nested_10012"},
    "CoinGecko: 400 with 10010": {"wrong_host_10010"},
    "CoinGecko: 403 for the User-Agent": {"no_agent"},
    "CoinGecko: 403 as Cloudflare's page": {"cloudflare_html"},
    "CoinGecko: 403 and 429 as Cloudflare's text": {"edge_1015", "edge_1020"},
    "CoinGecko: 429 with each way to say until when": {
        "limit_bare",
        "limit_soon",
        "limit_119",
        "limit_http_date",
        "limit_epoch",
        "limit_endless",
        "limit_reset_date",
    },
    "CoinGecko: 200 with error_code 429": {"limit_in_200"},
    "CoinGecko: the text `Throttled`": {"throttled", "throttled_in_200"},
    "CoinGecko: 500 as a page": {"html_500", "html_in_200", "gzip_html"},
    "CoinGecko: JSON cut short": {"cut_short", "truncated", "wrong_length"},
    "CoinGecko: gzip": {"gzip_garbage", "gzip_cut", "bomb"},
    "CoinPaprika: a ticker without circulating_supply": {"absent_fields"},
    "CoinPaprika: empty and null numbers, no all-time high": {"empty_texts", "nulls"},
    "CoinPaprika: rank 0": {"odd_numbers"},
    "CoinPaprika: quotes without USD": {"no_dollars"},
    "CoinPaprika: 402 with a date": {"plan_402"},
    "CoinPaprika: 402 for the month": {"credits_402"},
    "CoinPaprika: 429 as `error`": {"limit_error"},
    "CoinPaprika: a redirect to http://": {"moved"},
    "CoinPaprika: an object where a list is due": {"object_for_list"},
    "CoinPaprika: an id renamed between two runs": {"renamed_ids"},
    "CoinCap: the old version's farewell in `data`, with 429": {"sunset_429", "sunset_200"},
    "CoinCap: null maxSupply, vwap24Hr, changePercent24Hr": {"nulls"},
    "CoinCap: a chain's own coin, two addresses of one chain": {"odd_addresses"},
    "CoinCap: no tokens": {"absent_fields"},
    "CoinCap: 401": {"unauthorized"},
    "CoinCap: an offset past the end": {"empty_list"},
    "CoinCap: a body without envelope": {"no_envelope"},
    "any: late, torn down, dripping": {"latency", "reset", "drip"},
    "any: 400, 401, 403, 404, 408, 422 and 5xx": {
        "bad_request",
        "key_revoked",
        "wrong_key",
        "not_found",
        "request_timeout",
        "unprocessable",
        "empty_502",
        "unavailable",
        "gateway_timeout",
    },
    "any: NaN": {"nan_prices"},
    "any: times and clocks that are off": {"stale", "clock_ahead", "clock_far_ahead"},
    "any: prices a hundred times too high": {"price_x100"},
    "any: a page too large or too deep": {"huge_page", "deep_nesting"},
}
"""What has been recorded or reported of each provider, and what any server does on a bad day.

Not here is what the sandbox's ordinary answers have anyway: float noise, Solana's addresses in small letters or mixed,
charts with holes and a last point off the grid. The sandbox's own tests look at those.
"""


@pytest.mark.parametrize("line", CHECKLIST)
def test_every_line_has_its_fault(line: str) -> None:
    assert CHECKLIST[line] <= FAULTS.keys()


def test_every_bad_answer_is_in_the_catalogue_and_every_answer_has_a_remedy() -> None:
    assert {answer.name for answer in BAD_ANSWERS} == {
        name for name, fault in FAULTS.items() if fault.kind == "answer"
    }
