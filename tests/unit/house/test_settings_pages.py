"""`.env.example`, docs/settings.md and the README's list say what the Settings classes say."""

from __future__ import annotations

import re

import pytest

from tests.unit.house import settings_pages
from tests.unit.house.settings_pages import CLASSES, START
from tests.unit.house.tree import ROOMS, ROOT, readme

ANEW = "write it anew: python -m tests.unit.house.settings_pages"


def test_the_environment_example_is_up_to_date() -> None:
    written = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert written == settings_pages.env_example(), ANEW


def test_the_page_of_settings_is_up_to_date() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_pages.page(), ANEW


def test_the_readme_has_the_list() -> None:
    assert START in readme()
    assert readme() == settings_pages.readme_with_list(), ANEW


def test_every_settings_class_is_listed() -> None:
    text = "\n".join(
        file.read_text(encoding="utf-8") for room in ROOMS for file in (ROOT / room).rglob("*.py")
    )
    classes = set(re.findall(r"^class (\w+)\((?:Base|Database)Settings\)", text, re.MULTILINE))
    assert classes == {settings.__name__ for settings in CLASSES.values()}


@pytest.mark.parametrize("settings", CLASSES.values(), ids=lambda settings: settings.__name__)
def test_every_variable_says_what_it_means(settings: type) -> None:
    for one in settings_pages.class_variables(settings):
        assert one.meaning.endswith("."), f"{settings.__name__}.{one.name.lower()} needs a description"


def test_classes_that_share_a_variable_agree_on_its_default() -> None:
    defaults: dict[str, set[str | None]] = {}
    for settings in CLASSES.values():
        for one in settings_pages.class_variables(settings):
            defaults.setdefault(one.name, set()).add(one.default)
    assert [name for name, values in defaults.items() if len(values) > 1] == []


def test_special_meanings_are_of_variables_that_are_read() -> None:
    read = {one.name for one in settings_pages.source_variables()}
    assert settings_pages.SPECIAL.keys() <= read
