"""Exports by chance: a plan does what its groups ask, and its way back gives the export back.

Two judges look at each: the simulator that the plan is proven by, and one that knows its files.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.merge_plan.checking import verify_plan
from keepone.merge_plan.groups import MergeGroup, Winner
from keepone.merge_plan.making import Wishes
from keepone.merge_plan.proof import prove
from keepone.merge_plan.restoring import ROLLBACK, write_way_back
from keepone.merge_plan.tables import Limits
from keepone.merge_plan.targets import Names
from tests.merge_plan.ids import sf_id
from tests.merge_plan.worlds import (
    CODE,
    NAME,
    NOTE,
    PARENT,
    NaiveOrg,
    Rows,
    account,
    children_of,
    planned,
    written,
)

_DESCRIBED = {
    name.casefold(): {"name": name, "updateable": True, "type": kind, "unique": name == CODE}
    for name, kind in (
        ("Name", "string"),
        ("Description", "textarea"),
        ("ParentId", "reference"),
        (CODE, "string"),
    )
}
_FIELDS = {NAME: "Name", PARENT: "ParentId"}
_TEXTS = st.one_of(
    st.none(),
    st.sampled_from(
        ["Acme", "=1+1", 'say "hi", you', "line\nline", "O'Neill \\ Söhne", " #N/A?", "@x"]
    ),
)


class World:
    """One export with its groups, junk and children."""

    def __init__(
        self, rows: Rows, groups: list[MergeGroup], junk: list[str], kids: list[int]
    ) -> None:
        self.rows = rows
        self.groups = groups
        self.junk = junk
        records = list(rows)
        self.children = children_of(
            [
                (sf_id(prefix, number), kind, records[at % len(records)])
                for number, at in enumerate(kids)
                for prefix, kind in (("003", "contact"), ("006", "opportunity"))
            ]
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Give an export of up to 14 accounts; parents form trees, codes are unique."""
    count = draw(st.integers(2, 14))
    records = [account(number) for number in range(count)]
    shuffled = draw(st.permutations(records))
    rows: Rows = {}
    for number, record in enumerate(records):
        rows[record] = {
            NAME: draw(_TEXTS) or f"Company {number}",
            NOTE: draw(_TEXTS),
            CODE: f"c{number}" if draw(st.booleans()) else None,
            PARENT: None,
        }
    for place, record in enumerate(shuffled):
        # A parent stands before its children in the permutation, so there are no circles.
        if place and draw(st.booleans()):
            rows[record][PARENT] = shuffled[draw(st.integers(0, place - 1))]
    order = draw(st.permutations(records))
    groups, at = [], 0
    while at < count:
        size = draw(st.integers(1, 6))
        members = order[at : at + size]
        at += size
        if len(members) > 1:
            winners = {}
            for column in (NAME, NOTE, CODE, PARENT):
                source = draw(st.sampled_from(members))
                value = rows[source][column]
                if value != rows[members[0]][column]:
                    winners[column] = Winner(value, None if value is None else source)
            groups.append(MergeGroup(f"g-{at}", members[0], tuple(members[1:]), winners))
    grouped = {record for group in groups for record in group.members}
    junk = [record for record in records if record not in grouped and draw(st.booleans())]
    return World(rows, groups, junk, draw(st.lists(st.integers(0, 20), max_size=6)))


def _expected(world: World, into: dict[str, str], kept: set[str]) -> Rows:
    """Return what the groups of the plan ask for: golden values, and parents that follow merges."""
    rows = {record: dict(row) for record, row in world.rows.items()}
    for group in world.groups:
        if group.master in kept:
            rows[group.master] |= {column: won.value for column, won in group.winners.items()}
    for row in rows.values():
        row[PARENT] = into.get(row[PARENT] or "", row[PARENT])
    return rows


def _check(world: World) -> None:
    plan, before = planned(
        world.rows, world.groups, junk=world.junk, children=world.children,
        names=Names(described=_DESCRIBED),
    )  # fmt: skip
    assert prove(plan, before).findings == []
    into = {record: group.master for group in plan.groups for record in group.losers}
    org = NaiveOrg(world.rows, world.children, _FIELDS)
    was = NaiveOrg(world.rows, world.children, _FIELDS)
    with TemporaryDirectory() as temporary:
        wishes = Wishes(limits=Limits(rows=2, bytes=100_000_000), statements=2)
        folder = written(Path(temporary) / "plan", plan, before, wishes)
        org.carry_out(folder)
        kept = {group.master for group in plan.groups}
        deleted = {each.record_id for each in plan.deletions}
        for record, row in _expected(world, into, kept).items():
            gone = record in into or record in deleted
            assert (record not in org.accounts) == gone
            if not gone:
                named = {_FIELDS.get(column, column): value for column, value in row.items()}
                assert org.accounts[record] == named
        assert org.children == {
            child: into.get(parent, parent) for child, parent in was.children.items()
        }
        verify_plan(folder)
        write_way_back(folder, Limits(rows=3, bytes=100_000_000))
        org.take_back(folder / ROLLBACK)
    assert org.accounts == was.accounts
    assert org.children == was.children
    assert org.bin == {}


@given(worlds())
@settings(max_examples=30, deadline=None)
def test_a_plan_and_its_way_back_give_back_the_export(world: World) -> None:
    _check(world)


@pytest.mark.slow
@given(worlds())
@settings(max_examples=1_000, deadline=None)
def test_a_thousand_plans_and_their_ways_back(world: World) -> None:
    _check(world)
