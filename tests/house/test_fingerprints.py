"""What a stage is made of is in its fingerprint, or a run would resume on what older code made."""

from __future__ import annotations

import ast

from keepone.fingerprints import CODE
from tests.house.source import modules

# Values of settings are in the fingerprint by themselves; the others decide no value.
_DECIDE_NOTHING = {"errors", "files", "processes", "settings", "stage"}


def _imported(tree: ast.Module) -> set[str]:
    """Return the modules of the package that a module may import, below keepone."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.removeprefix("keepone.") for name in found if name.startswith("keepone.")}


def test_all_code_that_stages_are_made_of_is_in_their_fingerprint() -> None:
    trees = {name.removesuffix(".__init__"): tree for name, tree in modules()}
    waiting = {name for name in trees if name.split(".")[0] in {"stages", "engines", "reference"}}
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting |= (_imported(trees[name]) & trees.keys()) - needed
    # The runner hands child exports in: no stage imports what reads them.
    told = {part.removesuffix(".py") for part in CODE} - {"children"}
    assert {name.split(".")[0] for name in needed} - _DECIDE_NOTHING == told
