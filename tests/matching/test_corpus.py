"""Whole files through the matching stages: by the stages and by their references."""

from __future__ import annotations

import random
from typing import Literal

import pyarrow as pa
import pytest

from keepone.engines.duckdb import DuckDBEngine
from keepone.generate import generate
from tests.matching.runs import STAGES, Made, assert_same_by_both, made_by, read
from tests.matching.tables import Matchable, Record

_ENGINE = DuckDBEngine(threads=2)


@pytest.mark.parametrize(("profile", "seed"), [("crm", 1), ("crm", 2), ("dense", 3)])
def test_stages_give_what_their_references_give(
    profile: Literal["crm", "dense"], seed: int
) -> None:
    given = read(generate(90, profile=profile, seed=seed).accounts, _ENGINE)
    assert assert_same_by_both(given, _ENGINE)["pairs"].num_rows > 0


@pytest.fixture(scope="module")
def accounts() -> pa.Table:
    return generate(600, seed=4).accounts


@pytest.fixture(scope="module")
def expected(accounts: pa.Table) -> Made:
    return made_by(STAGES, read(accounts, _ENGINE), _ENGINE)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_threads_change_nothing(accounts: pa.Table, expected: Made, threads: int) -> None:
    engine = DuckDBEngine(threads=threads)
    _assert_equal(made_by(STAGES, read(accounts, engine), engine), expected)
    engine.close()


@pytest.mark.parametrize("seed", [0, 1])
def test_order_of_the_file_changes_nothing(accounts: pa.Table, expected: Made, seed: int) -> None:
    order = random.Random(seed).sample(range(len(accounts)), len(accounts))
    shuffled = accounts.take(pa.array(order))
    _assert_equal(made_by(STAGES, read(shuffled, _ENGINE), _ENGINE), expected)


def _assert_equal(ours: Made, theirs: Made) -> None:
    """Hold all that was made to each other, the model to the last digit."""
    assert ours.keys() == theirs.keys()
    for name, made in ours.items():
        assert made == theirs[name], name


def _account(row: int) -> Record:
    """Make one of many branches that share nearly all there is to block on."""
    return {
        "name": {"tokens": ["acme", f"branch{row % 7}x"], "legal": "inc" if row % 2 else "llc"},
        "phone": {"value": "+15551234567"},
        "street": {"number": str(row % 11), "tokens": ["main", "street"]},
        "city": {"value": "springfield" if row % 3 else None},
        "postal_code": {"value": f"6030{row % 5}"},
    }


_TYPES = {
    "name": "organisation",
    "phone": "phone",
    "street": "street",
    "city": "city",
    "postal_code": "postal_code",
}


@pytest.mark.parametrize(
    "records",
    [
        [],
        [_account(0)],
        [{}, {}, {}],
        [_account(0)] * 5,
        [_account(row) for row in range(60)],
        [_account(row % 9) for row in range(60)],
    ],
    ids=["empty", "alone", "nothing known", "all equal", "one giant block", "ties"],
)
def test_extremes(records: list[Record]) -> None:
    assert_same_by_both(Matchable(_TYPES, records).tables(), _ENGINE)
