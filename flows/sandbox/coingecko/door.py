"""CoinGecko's door: who may come in, and the words it refuses with."""

from __future__ import annotations

from starlette.requests import Request

from flows.sandbox.answers import Refusal
from flows.sandbox.currencies import CURRENCIES
from flows.sandbox.market import DAY

CACHED = {"cache-control": "max-age=30, public, must-revalidate, s-maxage=60"}
_NOBODY = ("python-httpx", "python-requests", "python-urllib", "aiohttp")
_TOO_OLD = (
    "Your request exceeds the allowed time range. Public API users are limited to querying historical data within "
    "the past 365 days. Upgrade to a paid plan to enjoy full historical data access: "
    "https://www.coingecko.com/en/api/pricing. "
)
_NO_AGENT = (
    "Please add a descriptive User-Agent to your request. For higher rate limits & stable integration, please "
    "subscribe to an API plan: https://www.coingecko.com/en/api/pricing"
)


def key_of(request: Request, plan: str) -> str | None:
    """Read the key of a plan (`demo`, `pro`) from its header or its query parameter."""
    return request.headers.get(f"x-cg-{plan}-api-key") or request.query_params.get(f"x_cg_{plan}_api_key")


def check(request: Request) -> None:
    """Refuse callers without a User-Agent of their own, and the key `wrong`."""
    agent = request.headers.get("user-agent", "").lower()
    if not agent or agent.startswith(_NOBODY):
        raise Refusal(403, {"status": {"error_code": 403, "error_message": _NO_AGENT}})
    if "wrong" in (key_of(request, "demo"), key_of(request, "pro")):
        message = "API Key Missing. Please make sure you're using the right authentication method."
        raise Refusal(401, {"status": {"error_code": 10002, "error_message": message}})


def check_currency(code: str | None) -> str:
    """Accept a `vs_currency` that exists."""
    if not code or code.lower() not in CURRENCIES:
        raise Refusal(400, {"error": "invalid vs_currency"})
    return code.lower()


def check_age(request: Request, start: float, now: float) -> None:
    """Let only a pro key see further back than a year."""
    if start < now - 366 * DAY and not key_of(request, "pro"):
        raise Refusal(401, {"error": {"status": {"error_code": 10012, "error_message": _TOO_OLD}}})
