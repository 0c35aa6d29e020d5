"""Malformed files, whatever is in them, do no harm: they are read, or refused with a word."""

from __future__ import annotations

import pytest

from tests.fuzz.cases import case_of
from tests.fuzz.crew import Found, fuzz

_SEED = 1
# Those whose bombs take seconds are left to the long suite.
_COSTLY = frozenset({"bomb in XLSX", "many columns", "many keys", "delimiters alone"})


def told(found: Found) -> str:
    """Say which files did harm, and how to make them again."""
    return "\n".join(
        f"python -m tests.fuzz --first {fault.number} --files 1: {fault.kind}, {fault.way}:"
        f" {fault.said}"
        for fault in found.faults
    )


def test_the_same_number_is_the_same_file() -> None:
    numbers = range(120)
    made = [case_of(_SEED, number) for number in numbers]
    again = [case_of(_SEED, number) for number in numbers]
    assert [case.content for case in made] == [case.content for case in again]
    assert len({case.content for case in made}) == len(made)


def test_some_hundred_malformed_files_do_no_harm() -> None:
    numbers = [number for number in range(10_000, 10_300)
               if case_of(_SEED, number).kind not in _COSTLY]  # fmt: skip
    found = fuzz(_SEED, numbers)
    assert found.files == len(numbers)
    assert not found.faults, told(found)
    # There is something to be told of both.
    outcomes = {outcome for _, outcome in found.outcomes}
    assert outcomes == {"read", "refused"}


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 10_000, 1_000))
def test_ten_thousand_malformed_files_do_no_harm(first: int) -> None:
    found = fuzz(_SEED, range(first, first + 1_000))
    assert found.files == 1_000
    assert not found.faults, told(found)
