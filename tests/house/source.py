"""The package's own source, parsed, for the tests that hold it to the house rules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "keepone"


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield each module of the package: its dotted name below keepone, and its syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield name, ast.parse(path.read_text(encoding="utf-8"))
