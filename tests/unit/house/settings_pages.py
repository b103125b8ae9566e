"""What `.env.example`, docs/settings.md and the README's list say about settings, drawn from the Settings classes.

`python -m tests.unit.house.settings_pages` writes them anew; test_settings_pages.py fails where they have drifted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic_settings import BaseSettings

from flows.settings import FlowSettings, SourceSettings
from flows.sources import REGISTRY, coincap
from flows.sources.contract import SANDBOX, Source
from flows.stack.settings import StackSettings
from flows.status import StatusSettings
from graphql_api.settings import ApiSettings
from models.settings import DatabaseSettings, LogSettings
from tests.unit.house.tree import ROOT, readme

CLASSES: dict[str, type[BaseSettings]] = {
    "The database and the state folder": DatabaseSettings,
    "The whole": StackSettings,
    "The workshop": FlowSettings,
    "The API": ApiSettings,
    "Logs": LogSettings,
    "The status": StatusSettings,
}
"""The Settings classes under the headings they are listed by. A variable of several is listed where it comes first."""

PARTS = {
    "api_key": "{title}'s API key; without it {title} is asked as a keyless client.",
    "plan": "{title}'s plan, which decides how much it is asked: {plans}. Unset: {smallest}.",
    "requests_per_minute": "Requests a minute that {title} is asked at most. Unset: what its plan allows.",
    "monthly_budget": "Calls a month that {title} is asked at most; 0: no end. Unset: what its plan allows, and no end in the sandbox.",
    "base_url": "Where {title} is asked instead of at its own host.",
    "top_n": "How many of {title}'s coins, by market cap.",
}
"""What the variables of any source mean."""

SPECIAL = {
    "COINGECKO_API_KEY": "CoinGecko's API key (CGEKO_KEY counts too); without it CoinGecko is asked keyless.",
    "COINPAPRIKA_API_KEY": "CoinPaprika's API key; without it its free host is asked.",
    "COINCAP_MONTHLY_BUDGET": "Credits a month that CoinCap is asked for at most; 0: no end. Unset: what its plan allows, and no end in the sandbox.",
    "COINCAP_API_KEY": "CoinCap's API key. Without it `refresh-csv` is skipped, and says so.",
}

START, END = (
    "<!-- settings: written by `python -m tests.unit.house.settings_pages` -->",
    "<!-- end of settings -->",
)


@dataclass(frozen=True)
class Variable:
    """One environment variable: its name, its default as text (None: unset) and what it means."""

    name: str
    default: str | None
    meaning: str


class Overheard:
    """Source settings that note which of them a source reads."""

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self.read: set[str] = set()

    def __getattr__(self, part: str) -> Any:  # noqa: ANN401 - whatever the part holds
        self.read.add(part)
        return getattr(self._settings, part)


def parts_read(source: Source) -> set[str]:
    """Say which parts of its block a source reads, with a key and without."""
    heard: set[str] = set()
    for key in (None, "key"):
        settings: Any = Overheard(SourceSettings(source.name, api_key=key))
        source.origin(settings)
        if source.calls_network:
            source.plan(settings)
        for feed in source.feeds.values():
            feed.first_page(settings)
        heard |= settings.read
    return heard & PARTS.keys()


def source_variables() -> list[Variable]:
    """List the block of every registered source."""
    listed = []
    for name, source in REGISTRY.items():
        provider = coincap.API if name == coincap.NAME else source
        read = parts_read(source) | parts_read(provider)
        plans = ", ".join(plan for plan in provider.plans if plan != SANDBOX)
        smallest = " or, with a key, ".join(filter(None, (next(iter(provider.plans)), provider.keyed_plan)))
        for part in (one for one in PARTS if one in read):
            variable = f"{name.upper()}_{part.upper()}"
            default = getattr(SourceSettings(name), part)
            meaning = SPECIAL.get(
                variable, PARTS[part].format(title=source.title, plans=plans, smallest=smallest)
            )
            listed.append(Variable(variable, None if default is None else str(default), meaning))
    return listed


def class_variables(settings: type[BaseSettings]) -> list[Variable]:
    """List the variables of one Settings class."""
    return [
        Variable(name.upper(), _shown(field.default), field.description or "")
        for name, field in settings.model_fields.items()
    ]


def groups() -> dict[str, list[Variable]]:
    """List every variable there is, once, under its heading."""
    seen: set[str] = set()
    found: dict[str, list[Variable]] = {}
    for heading, settings in CLASSES.items():
        own = [one for one in class_variables(settings) if one.name not in seen]
        seen |= {one.name for one in own}
        found |= {heading: own} if own else {}
    return found | {"The sources": source_variables()}


def env_example() -> str:
    """Write `.env.example`: every variable with its default, commented out."""
    text = "# Copy to .env and take away the # of what you change. What the environment itself says wins.\n"
    for heading, variables in groups().items():
        text += f"\n# --- {heading}\n"
        text += "".join(f"\n# {one.meaning}\n# {one.name}={one.default or ''}\n" for one in variables)
    return text


def page() -> str:
    """Write docs/settings.md: every variable with its default and what it says."""
    text = "# Settings\n\nBy environment, or in `.env` ([.env.example](../.env.example)). What the environment itself says wins.\n"
    for heading, variables in groups().items():
        text += f"\n## {heading}\n\n| variable | default | what it says |\n|---|---|---|\n"
        for one in variables:
            default = f"`{one.default}`" if one.default else ""
            text += f"| `{one.name}` | {default} | {one.meaning} |\n"
    return text


def list_of_names() -> str:
    """Write the README's list: the names under their headings."""
    return "\n".join(
        f"* {heading}: {', '.join(f'`{one.name}`' for one in variables)}"
        for heading, variables in groups().items()
    )


def readme_with_list() -> str:
    """Return the README with the list as it should be between its markers."""
    block = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    return block.sub(lambda _: f"{START}\n{list_of_names()}\n{END}", readme())


def _shown(default: object) -> str | None:
    return str(default).lower() if isinstance(default, bool) else None if default is None else str(default)


if __name__ == "__main__":
    (ROOT / ".env.example").write_text(env_example(), encoding="utf-8")
    (ROOT / "docs" / "settings.md").write_text(page(), encoding="utf-8")
    (ROOT / "README.md").write_text(readme_with_list(), encoding="utf-8")
