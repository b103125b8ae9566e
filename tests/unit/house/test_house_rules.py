"""Sizes, names, docstrings and speech of every file."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from tests.unit.house.tree import ROOT, modules, texts

LINES_AT_MOST = 400
BANNED = frozenset({"utils", "helpers", "common", "manager", "handler", "base", "misc"})
INDEXES = frozenset({"models/tables/__init__.py", "flows/sources/__init__.py"})
"""The two packages whose `__init__.py` is an index; every other is empty."""

MACHINE_PATH = re.compile("(?<![\\w.$}])/" + "(?:home/[a-z]|root/|Users/[A-Z]|work/|tmp/[A-Za-z0-9])")


def source(module: Path) -> str:
    """Read a module."""
    return (ROOT / module).read_text(encoding="utf-8")


def speaks(module: Path) -> bool:
    """Whether a module may say something: every one but the empty `__init__.py` files."""
    return module.name != "__init__.py" or module.as_posix() in INDEXES


def test_modules_are_short_enough() -> None:
    lengths = {str(module): len(source(module).splitlines()) for module in modules()}
    assert {module: length for module, length in lengths.items() if length > LINES_AT_MOST} == {}


def test_modules_say_what_they_are() -> None:
    silent = [module for module in modules() if not ast.get_docstring(ast.parse(source(module)))]
    assert [module for module in silent if speaks(module)] == []


def test_packages_hide_nothing_in_their_init() -> None:
    assert [module for module in modules() if not speaks(module) and source(module)] == []


def test_modules_are_named_after_what_is_in_them() -> None:
    nameless = [
        module for module in modules() if BANNED & {part.removesuffix(".py") for part in module.parts}
    ]
    assert nameless == []


def test_test_files_have_names_of_their_own() -> None:
    names = Counter(module.name for module in modules() if module.name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []


def test_tests_are_no_package() -> None:
    assert [
        module for module in modules() if module.parts[0] == "tests" and module.name == "__init__.py"
    ] == []


def test_nothing_names_a_path_of_somebodys_machine() -> None:
    found = {str(place): MACHINE_PATH.findall(text) for place, text in texts()}
    assert {place: paths for place, paths in found.items() if paths} == {}
