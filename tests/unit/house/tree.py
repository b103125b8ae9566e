"""Where the project's files are, for the tests that hold the house to its own rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("models", "flows", "graphql_api")
WRITTEN = (*ROOMS, "tests", "docs", ".ci", ".docker", ".github")
"""The folders that people write in; what tools leave behind is elsewhere."""

BROUGHT = {"__pycache__", "node_modules", "static"}
"""The folders among them that tools fill."""

FENCE = re.compile(r"^ *```(?P<tag>\S*)\n(?P<body>.*?)^ *```$", re.DOTALL | re.MULTILINE)


def modules() -> list[Path]:
    """List the Python files of the rooms and the tests, relative to the root."""
    found = (file for folder in (*ROOMS, "tests") for file in (ROOT / folder).rglob("*.py"))
    return sorted(file.relative_to(ROOT) for file in found if not BROUGHT.intersection(file.parts))


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every text the project consists of, with its place relative to the root; locks and state excepted."""
    folders = (file for folder in WRITTEN for file in (ROOT / folder).rglob("*"))
    for file in (*ROOT.iterdir(), *folders):
        if (
            file.is_file()
            and not BROUGHT.intersection(file.parts)
            and file.name not in {"uv.lock", ".env", ".git"}
        ):
            yield file.relative_to(ROOT), file.read_text(encoding="utf-8")


def readme() -> str:
    """Read the README."""
    return (ROOT / "README.md").read_text(encoding="utf-8")


def pages() -> dict[str, str]:
    """Read the pages for people, by their place: the README and what is in docs/."""
    files = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


def blocks(tag: str, page: str = "README.md") -> list[str]:
    """List a page's fenced blocks of one kind."""
    return [found["body"] for found in FENCE.finditer(pages()[page]) if found["tag"] == tag]


def make_targets() -> set[str]:
    """Name the targets that `make help` lists."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))
