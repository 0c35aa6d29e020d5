"""Footers that report writers put below the rows: totals, notices, who made it and when.

The phrases are those of Salesforce report exports, and of the count lines that database clients
print.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Footers are short; what stands further up is a record.
TAIL = 64

# Wherever they stand in a row of whatever length.
_GRAND_TOTAL = re.compile(r"grand\s+totals?\b.*", re.DOTALL)
# Alone in a row, or with sums in a row that is half empty: Total is also the name of a company.
_TOTAL = re.compile(r"(sub)?totals?(\s+(records?|rows?|count))?\s*:?")
_SUM = re.compile(r"[^\w]*\d[\d.,' ]*[^\w]*")
# A count in one of the languages that reports are written in.
_COUNT = (
    r"gesamt(summe|zahl|anzahl)?|summe|insgesamt|anzahl|total(e|es)?( g[eé]n[eé]ral(e)?)?"
    r"|nombre|somme|suma|n[uú]mero|soma|somma|totaal|aantal|antal"
)
_ROWS = (
    r"records?|rows?|datens[aä]tze|zeilen|eintr[aä]ge|konten|enregistrements|lignes|comptes"
    r"|registros|filas|cuentas|linhas|contas|registri|righe|rijen|poster|rader"
)
# Alone in a row only.
_NOTICES = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(sub)?totals?(\s+(records?|rows?|count))?\s*[:(]?\s*[\d.,]*\s*(records?|rows?)?\)?",
        r"confidential information\b.*",
        r"copyright (\(c\)|©).*(salesforce|all rights reserved).*",
        r"generated (by|on|at)\b.*\d.*",
        r"(report|data) (generated|exported|run) (by|on|at)\b.*",
        rf"({_COUNT})(\s+(der|de|des|di|van)?\s*({_ROWS}))?\s*[:(=]?\s*\d[\d.,' ]*({_ROWS})?\)?",
        rf"\(?\d[\d.,' ]* ({_ROWS})\)?",
        r"\(?\d[\d,]* (records?|rows?)( (selected|affected|exported|returned|in set))?\b.*",
        r"\W*end of (report|file|data)\W*",
    )
)


@dataclass(frozen=True, slots=True)
class Row:
    """One of a table's last rows: its 1-based line, its cells, and whether it could be a record."""

    number: int
    cells: tuple[str | None, ...]
    accepted: bool


def footer_rows(rows: Sequence[Row], *, width: int) -> frozenset[int]:
    """Return the lines of the rows that are a report's footer.

    A footer is the end of the table: rows of at most one filled cell, or totals. There must be a
    phrase of footers among them; from the first phrase on all are taken, and above it those that
    are no records anyway, such as the report's name. In a table of one column only the phrases
    themselves are taken, from the first below which nothing else stands.
    """
    end: list[tuple[Row, bool]] = []
    for row in sorted(rows, key=lambda row: -row.number):
        filled = [cell.strip() for cell in row.cells if cell and cell.strip()]
        phrase = bool(filled) and _is_phrase(filled, width=width)
        if not phrase and (len(filled) > 1 or (width == 1 and row.accepted)):
            break
        end.append((row, phrase))
    first = min((row.number for row, phrase in end if phrase), default=None)
    if first is None:
        return frozenset()
    return frozenset(row.number for row, _ in end if row.number >= first or not row.accepted)


def _is_phrase(filled: Sequence[str], *, width: int) -> bool:
    text = filled[0].casefold()
    if _GRAND_TOTAL.fullmatch(text):
        return True
    if len(filled) == 1:
        return any(notice.fullmatch(text) for notice in _NOTICES)
    sums = all(_SUM.fullmatch(cell) for cell in filled[1:])
    return sums and 2 * len(filled) <= width and _TOTAL.fullmatch(text) is not None
