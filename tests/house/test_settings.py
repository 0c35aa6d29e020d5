"""No setting that nobody reads."""

from __future__ import annotations

import ast

import pytest

from keepone.settings import Settings
from tests.house.source import modules


def _settings() -> list[tuple[str, str]]:
    return [
        (slice_name, name)
        for slice_name, field in Settings.model_fields.items()
        for name in getattr(field.annotation, "model_fields", {})
    ]


@pytest.fixture(scope="module")
def reads() -> set[tuple[str, str]]:
    """Give all attribute reads outside settings.py: (the name it is read from, the attribute)."""
    found: set[tuple[str, str]] = set()
    for module, tree in modules():
        if module == "settings":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                owner = node.value
                if isinstance(owner, ast.Name):
                    found.add((owner.id, node.attr))
                elif isinstance(owner, ast.Attribute):
                    found.add((owner.attr, node.attr))
    return found


@pytest.mark.parametrize(("slice_name", "name"), _settings())
def test_each_setting_is_read(reads: set[tuple[str, str]], slice_name: str, name: str) -> None:
    assert reads & {("settings", name), (slice_name, name)}, f"nothing reads {slice_name}.{name}"


@pytest.mark.parametrize(("slice_name", "name"), _settings())
def test_each_setting_says_what_it_is(slice_name: str, name: str) -> None:
    field = Settings.model_fields[slice_name].annotation.model_fields[name]  # type: ignore[union-attr]
    assert field.description
    assert field.description.endswith(".")
