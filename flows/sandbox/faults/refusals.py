"""Faults of the answer: what providers have said in place of what was asked, body by body.

Listed by the provider that was heard saying it; any path can be answered so.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping

from flows.sandbox.faults.reply import JSON, Fault, Kind, Reply

_HTML = {"content-type": "text/html; charset=utf-8"}
_TEXT = {"content-type": "text/plain; charset=utf-8"}
_UH_OH = b"<html><h1>Uh Oh!</h1>We're sorry, but something went wrong. (500)</html>"
_BLOCKED = b"<!DOCTYPE html><title>Attention Required! | Cloudflare</title>"
_LIMIT = {
    "status": {
        "error_code": 429,
        "error_message": "You've exceeded the Rate Limit. Please visit https://www.coingecko.com/en/api/pricing "
        "to subscribe to our API plans for higher rate limits.",
    }
}
_TOO_OLD = "Your request exceeds the allowed time range. Public API users are limited to the past 365 days."
_SUNSET = {
    "data": {
        "message": "We are deprecating this version of the CoinCap API on March 31, 2025. "
        "Sign up for our new V3 API at https://pro.coincap.io/dashboard"
    },
    "timestamp": 1743435300643,
}


def _gecko(code: int, message: str) -> dict[str, object]:
    return {"status": {"error_code": code, "error_message": message}}


def _says(
    name: str, sentence: str, status: int, said: object, headers: Mapping[str, str] | None = None
) -> Fault:
    body = said if isinstance(said, bytes) else json.dumps(said, separators=(",", ":")).encode()
    reply = Reply(status, {**JSON, **(headers or {})}, body)
    return Fault(name, sentence, Kind.ANSWER, lambda *_: reply)


_OF_COINGECKO = [
    _says("bad_request", "400: a parameter is wrong.", 400, {"error": "invalid vs_currency"}),
    _says(
        "wrong_host_10010",
        "400: a paid key at the public host, the code beside `status`.",
        400,
        {"error_code": 10010, "status": {"error_message": "please change your root URL"}},
    ),
    _says(
        "key_revoked",
        "401: the key is none any more. From a later request on, it is revoked half-way.",
        401,
        _gecko(10002, "API Key Missing. Please make sure you're using the right authentication method."),
    ),
    _says(
        "restricted_10005",
        "401: the endpoint is not in this plan.",
        401,
        _gecko(10005, "This request is limited to PRO API subscribers."),
    ),
    _says(
        "nested_10012",
        "401: history beyond a year, nested below `error`.",
        401,
        {"error": _gecko(10012, _TOO_OLD)},
    ),
    _says(
        "no_agent",
        "403: no User-Agent of its own.",
        403,
        _gecko(403, "Please add a descriptive User-Agent to your request."),
    ),
    _says("cloudflare_html", "403: Cloudflare's page.", 403, _BLOCKED, _HTML),
    _says("edge_1020", "403: Cloudflare's firewall, in plain text.", 403, b"error code: 1020", _TEXT),
    _says("not_found", "404: there is no such coin.", 404, {"error": "coin not found"}),
    _says("request_timeout", "408, and nothing else.", 408, b""),
    _says("unprocessable", "422: a parameter is missing.", 422, {"error": "Missing parameter vs_currencies"}),
    _says("limit_bare", "429, and nothing of when.", 429, _LIMIT),
    _says("limit_soon", "429 with Retry-After in seconds: one.", 429, _LIMIT, {"retry-after": "1"}),
    _says(
        "limit_119",
        "429 with Retry-After in seconds: more than anybody waits.",
        429,
        _LIMIT,
        {"retry-after": "119"},
    ),
    _says(
        "limit_http_date",
        "429 with Retry-After as HTTP spells dates.",
        429,
        _LIMIT,
        {"retry-after": "Sat, 25 Jul 2099 14:54:00 GMT"},
    ),
    _says(
        "limit_epoch",
        "429 with Retry-After as a moment in UNIX seconds.",
        429,
        _LIMIT,
        {"retry-after": "4088674440"},
    ),
    _says(
        "limit_endless", "429 with Retry-After that is no time at all.", 429, _LIMIT, {"retry-after": "inf"}
    ),
    _says(
        "limit_reset_date",
        "429 with no Retry-After, and x-ratelimit-reset as a date.",
        429,
        _LIMIT,
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2099-07-25 14:54:00 +0000"},
    ),
    _says("limit_in_200", "429 in the body, 200 at the door.", 200, _LIMIT),
    _says("edge_1015", "429: Cloudflare's rate limit, in plain text.", 429, b"error code: 1015", _TEXT),
    _says("throttled", "429: one word in plain text.", 429, b"Throttled", _TEXT),
    _says("throttled_in_200", "The same word with status 200.", 200, b"Throttled", _TEXT),
    _says("html_500", "500: a page for people.", 500, _UH_OH, _HTML),
    _says("html_in_200", "A page for people with status 200.", 200, _UH_OH, _HTML),
    _says(
        "gzip_html",
        "The same page, packed.",
        200,
        gzip.compress(_UH_OH, mtime=0),
        {**_HTML, "content-encoding": "gzip"},
    ),
    _says("empty_502", "502, and nothing else.", 502, b""),
    _says("unavailable", "503 with Retry-After: two minutes.", 503, b"", {"retry-after": "120"}),
    _says("gateway_timeout", "504, and nothing else.", 504, b""),
    _says("object_for_list", "An object where a list is due, status 200.", 200, {"gecko_says": "hi"}),
    _says("empty_body", "Nothing at all with status 200.", 200, b""),
    _says("cut_short", "JSON that ends in the middle, status 200.", 200, b'[{"id":"bitcoin","current_pr'),
    _says(
        "redirect", "302 to another path of the same host.", 302, b"", {"location": "/coingecko/api/v3/ping"}
    ),
]
_OF_COINPAPRIKA = [
    _says(
        "plan_402",
        "402: older than the plan allows.",
        402,
        {"error": "Getting daily historical data before 2025-09-17 is not allowed in this plan."},
    ),
    _says("credits_402", "402: the month's calls are used up.", 402, {"error": "no requests left"}),
    _says("wrong_key", "403: the key is wrong.", 403, {"error": "invalid API key"}),
    _says("limit_error", "429 in one sentence.", 429, {"error": "you have reached maximum request limit"}),
    _says(
        "moved",
        "301 to another host, over plain HTTP.",
        301,
        b"",
        {"location": "http://api.example.org/v1/tickers"},
    ),
]
_OF_COINCAP = [
    _says("unauthorized", "401: no key, or a wrong one.", 401, {"error": "Unauthorized"}),
    _says("sunset_429", "429 for ever: this version is gone, an object in `data`.", 429, _SUNSET),
    _says("sunset_200", "The same with status 200.", 200, _SUNSET),
    _says(
        "error_in_200",
        "An error with status 200.",
        200,
        {"error": "asdf not found", "timestamp": 1567334797490},
    ),
    _says(
        "no_envelope",
        "Figures without the envelope that all others come in.",
        200,
        {"ema": {"ema": 1.5}, "vwap24": 1, "timestamp": 1779926541354},
    ),
    _says(
        "hostile_message",
        "400 with a message of a megabyte, with a NUL and half a character in it.",
        400,
        b'{"error":"\\u0000\\ud800' + b"no! " * 250_000 + b'"}',
    ),
]
FAULTS = [*_OF_COINGECKO, *_OF_COINPAPRIKA, *_OF_COINCAP]
