"""House rules that no linter knows."""

from __future__ import annotations

import ast

from tests.house.source import PACKAGE, modules

# Nothing in the package speaks to a network, but for an export to a database that a user names.
# tldextract could, and is told not to; the reference alone loads it. The review app listens on an
# address of this machine, and speaks to nobody.
_LISTENS = {"review.server": {"socket"}}
_NETWORK = {"aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "urllib3"}
_NETWORK_MODULES = {"urllib.request"}
_LONGEST = 400


def _imports(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return found


def test_no_module_reaches_for_the_network() -> None:
    for name, tree in modules():
        imported = _imports(tree)
        roots = {module.split(".")[0] for module in imported} - _LISTENS.get(name, set())
        assert roots.isdisjoint(_NETWORK), name
        assert imported.isdisjoint(_NETWORK_MODULES), name


def test_no_module_is_named_for_nothing() -> None:
    names = {path.stem for path in PACKAGE.rglob("*.py")}
    assert names.isdisjoint({"utils", "util", "helpers", "helper", "common", "misc"})


def test_no_module_outgrows_a_sitting() -> None:
    longest = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert {path: lines for path, lines in longest.items() if lines > _LONGEST} == {}


def test_nothing_is_pickled_or_evaluated() -> None:
    for name, tree in modules():
        assert _imports(tree).isdisjoint({"pickle", "marshal", "shelve", "dill"}), name
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert called.isdisjoint({"eval", "exec", "hash"}), name
