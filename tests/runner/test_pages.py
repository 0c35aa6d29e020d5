"""The generated pages are current."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from keepone.commands.pages import cli_page, golden_page, settings_page, types_page
from keepone.kernels.comparisons import COMPARISONS
from keepone.rules.blocking_keys import KEY_KINDS
from keepone.rules.field_types import FIELD_TYPES, TYPES
from keepone.rules.golden import STRATEGIES, shipped_strategies
from keepone.settings import Settings, Strategy

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["cli", "settings", "types", "golden"])
def test_the_page_is_current(name: str) -> None:
    pages = {
        "cli": cli_page, "settings": settings_page, "types": types_page, "golden": golden_page
    }  # fmt: skip
    page = pages[name]()
    assert (DOCS / f"{name}.md").read_text(encoding="utf-8") == page, (
        f"docs/{name}.md is out of date: python -c 'from keepone.commands.pages import *;"
        f' print({name}_page(), end="")\' > docs/{name}.md'
    )


def test_every_setting_has_its_line_and_its_words() -> None:
    page = settings_page()
    for stage, part in Settings.model_fields.items():
        for key, field in getattr(part.annotation, "model_fields", {}).items():
            assert f"| `{stage}.{key}` |" in page
            assert field.description


def test_every_type_has_its_line_and_every_level_its_words() -> None:
    page = types_page()
    assert {kind.name for kind in FIELD_TYPES if kind.normalised} == {*COMPARISONS} - {"legal_form"}
    assert {kind.type for kind in KEY_KINDS} <= {*TYPES}
    for kind in TYPES:
        assert f"| `{kind}` |" in page
    for comparison in COMPARISONS.values():
        for level in comparison.levels[1:]:
            assert f"| `{level}` |" in page


def test_every_strategy_and_every_type_stands_on_the_page_of_golden_records() -> None:
    page = golden_page()
    assert {*STRATEGIES} == {*get_args(Strategy)}
    headers, fields, types = shipped_strategies()
    assert {*types} == {*TYPES} - {"record_id"}
    assert {*fields.values(), *headers.values(), *types.values()} <= {*STRATEGIES}
    for name in (*STRATEGIES, *fields, *headers, *types):
        assert f"`{name}`" in page
