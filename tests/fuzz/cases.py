"""Every malformed file by number: the same seed and number give the same bytes."""

from __future__ import annotations

from random import Random

from tests.fuzz.book_cases import BOOK_MAKERS
from tests.fuzz.case import Case
from tests.fuzz.parquet_cases import PARQUET_MAKERS
from tests.fuzz.text_cases import TEXT_MAKERS

# Texts cost little to read; a workbook takes a process of its own.
_MAKERS = (*TEXT_MAKERS, *TEXT_MAKERS, *PARQUET_MAKERS, *PARQUET_MAKERS, *BOOK_MAKERS)


def case_of(seed: int, number: int) -> Case:
    """Return the file of that number."""
    random = Random(f"{seed} {number}")
    return _MAKERS[number % len(_MAKERS)](random)
