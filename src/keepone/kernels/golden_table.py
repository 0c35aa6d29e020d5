"""The table of golden values, put together from what was chosen column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.golden_tables import GOLDEN, GOLDEN_FIELDS
from keepone.kernels.encoding import Longs
from keepone.kernels.golden_choice import Choice
from keepone.kernels.roster import Bools, Roster, at_places
from keepone.settings import Strategy


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of one column, by group: `groups` are positions in the roster."""

    groups: Longs
    places: Longs
    texts: pa.Array
    gained: Bools
    changed: Bools
    lost: Longs
    lost_texts: pa.Array


def golden_table(
    roster: Roster,
    columns: Sequence[str],
    strategies: Sequence[Strategy],
    choices: Sequence[Choice],
) -> pa.Table:
    """Return a line per group and column in which any of its records has a value.

    `columns` rise; `strategies` and `choices` are theirs.
    """
    if not columns:
        return GOLDEN.empty()
    lines = [_lines(roster, choice) for choice in choices]
    groups = np.concatenate([each.groups for each in lines])
    at = np.repeat(np.arange(len(lines)), [len(each.groups) for each in lines])
    order = np.lexsort((at, groups))
    groups, at = groups[order], at[order]
    places = np.concatenate([each.places for each in lines])[order]
    table = {
        "group": roster.groups[groups],
        "column": pa.array(columns, pa.string()).take(pa.array(at)),
        "value": pa.concat_arrays([each.texts for each in lines]).take(pa.array(order)),
        "source": pa.array(at_places(roster.rows, places), mask=places < 0),
        "strategy": pa.array(strategies, pa.string()).take(pa.array(at)),
        "beaten": _beaten(roster, lines, groups * len(lines) + at),
        "gained": np.concatenate([each.gained for each in lines])[order],
        "changed": np.concatenate([each.changed for each in lines])[order],
    }
    return pa.table(table).cast(GOLDEN.arrow())


def _lines(roster: Roster, choice: Choice) -> _Lines:
    cells, groups = choice.cells, np.flatnonzero(choice.there)
    places = choice.place[groups]
    code, own = at_places(cells.code, places), cells.code[roster.first[groups]]
    texts = cells.texts.take(pa.array(code, mask=code < 0))
    if choice.joined:
        joined = [choice.joined.get(group) for group in groups.tolist()]
        texts = pc.coalesce(pa.array(joined, pa.string()), texts)
    there = texts.is_valid().to_numpy(zero_copy_only=False)
    return _Lines(
        groups,
        places,
        texts,
        gained=(own < 0) & there,
        changed=(own >= 0) & (own != code),
        lost=choice.beaten,
        lost_texts=cells.texts.take(pa.array(cells.code[choice.beaten])),
    )


def _beaten(roster: Roster, lines: Sequence[_Lines], keys: Longs) -> pa.Array:
    """Return the values that lost on each line; `keys` are the lines in order."""
    lost = np.concatenate([each.lost for each in lines])
    at = np.repeat(np.arange(len(lines)), [len(each.lost) for each in lines])
    key = roster.at[lost] * len(lines) + at
    order = np.lexsort((lost, key))
    values = pa.concat_arrays([each.lost_texts for each in lines]).take(pa.array(order))
    rows = pa.array(roster.rows[lost[order]], pa.int32())
    offsets = np.searchsorted(key[order], keys)
    pairs = pa.StructArray.from_arrays([rows, values], names=["row", "value"])
    return pa.ListArray.from_arrays(pa.array([*offsets, len(order)], pa.int32()), pairs)


class FieldTally:
    """Counts, field by field, what golden records make of them; `strategies` are by column."""

    def __init__(self, strategies: Mapping[str, Strategy]) -> None:
        self._strategies = dict(sorted(strategies.items()))
        self._counts = np.zeros((4, len(strategies)), dtype=np.int64)

    def add(self, golden: pa.Table) -> None:
        """Count the lines of some groups."""
        column = pc.index_in(golden.column("column"), pa.array([*self._strategies], pa.string()))
        beaten = pc.greater(pc.list_value_length(golden.column("beaten")), 0)
        marked = [column.filter(mark) for mark in (beaten, golden["gained"], golden["changed"])]
        for at, counted in enumerate([column, *marked]):
            self._counts[at] += np.bincount(counted.to_numpy(), minlength=len(self._strategies))

    def table(self) -> pa.Table:
        """Return the table `golden_fields`."""
        names = [column.name for column in GOLDEN_FIELDS.columns]
        told = [[*self._strategies], [*self._strategies.values()], *self._counts]
        return pa.table(dict(zip(names, told, strict=True)), schema=GOLDEN_FIELDS.arrow())
