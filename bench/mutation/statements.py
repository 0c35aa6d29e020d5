"""Mutants of SQL as it stands in the source: whole statements, templates, and parts of them.

Templates have holes, so they are no trees; faults are made in their tokens, which sqlglot finds,
and nothing else in the text changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlglot

_LITERAL = re.compile(r"""^[fr]*("{3}|'{3}|"|')(.*)\1$""", re.DOTALL)
_SQL = re.compile(
    r"\b(SELECT|CASE|WHEN|JOIN|ORDER BY|NULLS|ASC|DESC|IS NOT|IS NULL|TRY_CAST)\b"
    r"|\b(coalesce|concat_ws|substr|trim|min|max)\("
)

_SWAPS = {
    "=": "<>",
    "<>": "=",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "+": "-",
    "-": "+",
    "//": "%",
    "%": "//",
    "&": "|",
    "AND": "OR",
    "OR": "AND",
    "min": "max",
    "max": "min",
    "ASC": "DESC",
    "DESC": "ASC",
    "TRUE": "FALSE",
    "FALSE": "TRUE",
    "FIRST": "LAST",
    "LAST": "FIRST",
    "DISTINCT": "",
    "FULL": "LEFT",
    "LEFT": "",
}
_RUNS = {
    ("IS", "NULL"): "IS NOT NULL",
    ("IS", "NOT", "NULL"): "IS NULL",
    ("IS", "DISTINCT", "FROM"): "IS NOT DISTINCT FROM",
    ("NOT", "IN"): "IN",
    ("UNION", "ALL"): "UNION",
}


@dataclass(frozen=True, slots=True)
class _Token:
    """A token: its text, and where it begins and ends."""

    text: str
    begin: int
    end: int
    quoted: bool


def is_statement(literal: str) -> bool:
    """Return whether a Python literal holds SQL."""
    found = _LITERAL.match(literal)
    return found is not None and _SQL.search(found[2]) is not None


def statement_mutants(literal: str) -> Iterator[str]:
    """Yield the literal with one fault in its SQL each."""
    found = _LITERAL.match(literal)
    assert found is not None, "only literals that hold SQL are asked for"
    offset, text = found.start(2), found[2]
    for begin, end, becomes in _faults(_tokens(text)):
        yield literal[: offset + begin] + becomes + literal[offset + end :]


def _tokens(text: str) -> list[_Token]:
    filled = _without_holes(text)
    try:
        tokens = sqlglot.tokenize(filled, dialect="duckdb")
    except sqlglot.errors.TokenError:  # a part of a statement that ends within a text
        return []
    return [
        _Token(
            filled[token.start : token.end + 1],
            token.start,
            token.end + 1,
            filled[token.start] in "'\"",
        )
        for token in tokens
    ]


def _without_holes(text: str) -> str:
    """Return a template with a word of the same length for each hole: all else keeps its place."""
    depth, filled = 0, []
    for letter in text:
        depth += letter == "{"
        filled.append("x" if depth else letter)
        depth -= letter == "}" and depth > 0
    return "".join(filled)


def _faults(tokens: Sequence[_Token]) -> Iterator[tuple[int, int, str]]:
    """Yield from where to where which text goes in."""
    words = ["" if token.quoted else token.text for token in tokens]
    for at, token in enumerate(tokens):
        run = next((run for run in _RUNS if tuple(words[at : at + len(run)]) == run), None)
        if run:
            yield token.begin, tokens[at + len(run) - 1].end, _RUNS[run]
        elif words[at] in _SWAPS and not _part_of_run(words, at):
            yield token.begin, token.end, _SWAPS[words[at]]
        elif token.text[0] == "'":
            yield token.begin + 1, token.begin + 1, "XX"
        elif token.text.isdigit():
            yield token.begin, token.end, str(int(token.text) + 1)
        elif words[at] in ("WHERE", "HAVING"):
            yield token.end, token.end, " TRUE OR"
        elif words[at] == "WHEN" and words[at - 2 : at - 1] != ["CASE"]:
            yield token.end, token.end, " FALSE AND"
        elif words[at] == "JOIN" and (not at or words[at - 1] not in ("LEFT", "FULL")):
            yield token.begin, token.begin, "LEFT "
        elif words[at : at + 2] == ["ORDER", "BY"]:
            place = _end_of_order(tokens, words, at)
            if words[place] not in ("ASC", "DESC", "LAST", "FIRST"):
                yield tokens[place].end, tokens[place].end, " DESC"


def _part_of_run(words: Sequence[str], at: int) -> bool:
    """Return whether the word is no operator of its own but the middle of one: IS DISTINCT FROM."""
    return words[at] == "DISTINCT" and words[at - 1] in ("IS", "NOT")


def _end_of_order(tokens: Sequence[_Token], words: Sequence[str], at: int) -> int:
    """Return the place of the last token of the ORDER BY that begins at `at`."""
    depth, place = 0, at + 1
    for place in range(at + 2, len(tokens)):
        depth += {"(": 1, ")": -1}.get(words[place], 0)
        if depth < 0:
            return place - 1
    return place
