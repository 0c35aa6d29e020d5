"""Mutants of one module: its source with one small fault each, in Python or in a statement.

Faults in Python are those of mutmut's operators, here for constants and tables of rules too, and
without those that no run can tell apart (annotations, decorators, assertions, type aliases). Text
that is SQL gets the faults of `statements` instead.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_string

from bench.mutation.statements import is_statement, statement_mutants

_SHOWN = 150


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one fault: where it is, the text that changed, and the whole source."""

    path: Path
    line: int
    was: str
    becomes: str
    source: str


def sampled_mutants(path: Path, most: int, seed: int) -> tuple[int, list[Mutant]]:
    """Return how many mutants the module at `path` has, and of those `most` at even steps.

    The steps begin at a random place, by `seed`. All are returned if there are no more.
    """
    source = path.read_text("utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    finder = _Finder(source, wrapper.module)
    wrapper.visit(finder)
    step = max(len(finder.sources) / most, 1.0)
    begin = random.Random(f"{seed} {path.name}").uniform(0, step)  # noqa: S311 - no secret
    taken = range(min(most, len(finder.sources)))
    chosen = [finder.sources[int(begin + at * step) % len(finder.sources)] for at in taken]
    return len(finder.sources), [_mutant(path, source, make()) for make in chosen]


class _Finder(cst.CSTVisitor):
    """Collects how to make the source of each mutant; making them all takes long."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, source: str, module: cst.Module) -> None:
        super().__init__()
        self.sources: list[Callable[[], str]] = []
        self._source = source
        self._module = module
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Make the mutants of this node; say whether those within it are to be made."""
        if _says_nothing(node):
            return False
        if isinstance(node, cst.SimpleString | cst.FormattedString):
            begin, end = self._span(node)
            text = self._source[begin:end]
            if is_statement(text):
                for changed in statement_mutants(text):
                    self.sources.append(partial(self._spliced, begin, end, changed))
                return True
        for mutated in _mutated(node):
            self.sources.append(partial(self._replaced, node, mutated))
        return True

    def _spliced(self, begin: int, end: int, text: str) -> str:
        return self._source[:begin] + text + self._source[end:]

    def _replaced(self, node: cst.CSTNode, mutated: cst.CSTNode) -> str:
        replaced = self._module.deep_replace(node, mutated)
        assert isinstance(replaced, cst.Module), "no operator mutates a whole module"
        return replaced.code

    def _span(self, node: cst.CSTNode) -> tuple[int, int]:
        place: CodeRange = self.get_metadata(PositionProvider, node)
        begin, end = (self._starts[at.line - 1] + at.column for at in (place.start, place.end))
        return begin, end


def _says_nothing(node: cst.CSTNode) -> bool:
    """Return whether a fault in the node could not show in any run."""
    match node:
        case cst.Annotation() | cst.Decorator() | cst.Assert() | cst.ImportFrom() | cst.Import():
            return True
        case cst.Expr(value=cst.SimpleString()):  # a docstring
            return True
        case cst.Assign(value=cst.Subscript(value=cst.Name(value=name))):  # a type alias
            return name in {"Literal", "dict", "list", "tuple"}
        case cst.Assign(value=cst.Subscript(value=cst.Attribute(value=cst.Name(value="npt")))):
            return True
    return False


def _mutated(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    operators: Iterable[tuple[type, Callable[[Any], Iterable[cst.CSTNode]]]] = mutation_operators
    for kind, operator in operators:
        if isinstance(node, kind):
            # Of a text, one fault is enough: that it is in another case says the same again.
            most = 1 if operator is operator_string else None
            for mutated in islice(operator(node), most):
                if not _cannot_be_called(node, mutated):
                    yield mutated


def _cannot_be_called(node: cst.CSTNode, mutated: cst.CSTNode) -> bool:
    """Return whether an argument that has a place is missing: whatever calls this sees it."""
    return (
        isinstance(node, cst.Call)
        and isinstance(mutated, cst.Call)
        and sum(not each.keyword for each in mutated.args)
        < sum(not each.keyword for each in node.args)
    )


def _mutant(path: Path, source: str, mutated: str) -> Mutant:
    """Return the mutant with the lines that differ, cut to what surrounds the difference."""
    begin = next(at for at, (a, b) in enumerate(zip(source, mutated, strict=False)) if a != b)
    shorter = min(len(source), len(mutated)) - begin
    common = 0
    while common < shorter and source[-1 - common] == mutated[-1 - common]:
        common += 1
    from_line = source.rfind("\n", 0, begin) + 1
    until = source.find("\n", len(source) - common)
    to_line = len(source) if until < 0 else until
    shown_from = max(from_line, begin - _SHOWN // 2)
    after = len(source) - min(to_line, len(source) - common + _SHOWN // 2)
    was, becomes = (text[shown_from : len(text) - after] for text in (source, mutated))
    return Mutant(path, source.count("\n", 0, begin) + 1, _flat(was), _flat(becomes), mutated)


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
