"""Golden: the best value of each field of a group, with the record it came from.

Only groups of two or more have one to choose; a record alone is its own golden record. Values come
from the primary and from those that are merged into it: a record on which a person has to decide
first, or that is kept or deleted, gives nothing. What a primary gains the stage `enrich` tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.engine import Engine
from keepone.golden_tables import GOLDEN
from keepone.ids import SOURCE_FILE, name_fields
from keepone.kernels.encoding import Longs
from keepone.kernels.golden_cells import Cells, days, magnitudes, ranked, read_cells
from keepone.kernels.golden_choice import (
    Choice,
    choose_address,
    choose_frequent,
    choose_union,
    choose_value,
)
from keepone.kernels.golden_decided import newest_values, with_decided
from keepone.kernels.golden_table import FieldTally, golden_table
from keepone.kernels.roster import NONE, Bools, Roster, firsts
from keepone.rules.dispositions import MERGING
from keepone.rules.golden import (
    Part,
    Unit,
    date_part,
    golden_units,
    part_called,
    source_part,
    true_words,
)
from keepone.settings import GoldenSettings, Strategy
from keepone.shelf import Shelf, cells_at

# The flag of records that name nobody.
_UNNAMED = "placeholder_name"
# Columns of `features` that together say which street a record is in.
_STREET_PARTS = ("number", "tokens", "unit")


def golden(
    engine: Engine,
    settings: GoldenSettings,
    *,
    records: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    features: pa.Table,
    flags: pa.Table,
    members: pa.Table,
    judgements: pa.Table,
    verdicts: pa.Table,
) -> dict[str, pa.Table]:
    """Return `golden`: one row per group of two or more and field that any of its records fills.

    Or on whose value a person decided: then that is it, whatever the strategy. And `golden_fields`:
    one row per field, with how many groups fill it and what comes of it.
    Raises `SettingsError` for a strategy that cannot be applied to the columns there are.
    """
    together = members.filter(pc.greater(members.column("size"), 1))
    grouped = _by_group(together)
    chooser = _Chooser(
        settings,
        records=records,
        inputs=_Rows.of(engine.shelf, inputs, grouped),
        fields=fields,
        normalized=_Rows.of(engine.shelf, normalized, grouped),
        features=features,
        judgements=judgements,
    )
    merged = verdicts.filter(pc.is_in(verdicts.column("rule"), value_set=pa.array(MERGING)))
    unnamed = flags.filter(pc.equal(flags.column("flag"), _UNNAMED))
    batch = engine.shelf.rows_at_once(inputs, engine.batch_rows)
    rosters = _rosters(together, merged.column("row"), unnamed.column("row"), batch)
    tally = FieldTally(chooser.strategies)
    sink = engine.shelf.sink(GOLDEN.arrow())
    for roster, nameless in rosters:
        chosen = chooser.golden(roster, nameless)
        tally.add(chosen)
        sink.add(chosen)
    return {"golden": sink.table(), "golden_fields": tally.table()}


def _by_group(together: pa.Table) -> Longs:
    """Return the rows of records in the order of their groups."""
    row, group = (together.column(name).to_numpy() for name in ("row", "group"))
    ordered: Longs = row[np.lexsort((row, group))].astype(np.int64)
    return ordered


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table of one row a record, some of which are there: `at` says where each row stands.

    None says that all stand at their own place.
    """

    table: pa.Table
    at: Longs | None

    @classmethod
    def of(cls, shelf: Shelf, table: pa.Table, rows: Longs) -> _Rows:
        """Return the table, or of one too big for memory the rows that are wanted, in that order.

        To look up those of a group here and there in a file would read all of it for each batch.
        """
        if shelf.fits(table):
            return cls(table, None)
        at = np.full(table.num_rows, NONE, dtype=np.int64)
        at[rows] = np.arange(len(rows))
        return cls(shelf.take(table, rows), at)

    def cells(self, column: str, rows: Longs) -> pa.Array:
        """Return the cells of some rows in a column."""
        return cells_at(self.table.column(column), rows if self.at is None else self.at[rows])


def _rosters(
    together: pa.Table, merged: pa.ChunkedArray, unnamed: pa.ChunkedArray, batch: int
) -> Iterator[tuple[Roster, Bools]]:
    """Give the records of whole groups, about `batch` at a time, and which of them have no name."""
    row, group, primary = (
        together.column(name).to_numpy().astype(np.int64) for name in ("row", "group", "primary")
    )
    probability = pc.fill_null(together.column("probability"), 0).to_numpy().astype(np.int64)
    others = row != primary
    order = np.lexsort((row, -probability, others, group))
    row, group, others = row[order], group[order], others[order]
    nameless = np.isin(row, unnamed)
    gives = np.isin(row, merged) | ~others
    starts = np.flatnonzero(firsts(group))
    # Batches begin where groups do.
    wanted = np.searchsorted(starts, np.arange(0, len(row), batch))
    edges = starts[np.unique(wanted[wanted < len(starts)])]
    for begin, end in pairwise([*edges, len(row)]):
        part = slice(begin, end)
        first = np.flatnonzero(firsts(group[part]))
        at = np.repeat(np.arange(len(first)), np.diff([*first, end - begin]))
        roster = Roster(group[part][first], row[part], at, first, gives[part])
        yield roster, nameless[part]


class _Chooser:
    """Chooses the values of groups, batch by batch, as the settings have it."""

    def __init__(
        self,
        settings: GoldenSettings,
        *,
        records: pa.Table,
        inputs: _Rows,
        fields: pa.Table,
        normalized: _Rows,
        features: pa.Table,
        judgements: pa.Table,
    ) -> None:
        self._settings, self._fields = settings, fields
        self._records, self._inputs = records, inputs
        self._normalized, self._features = normalized, features
        self._units = golden_units(settings, fields)
        self._decided = _decided_values(self._units, judgements)
        self._names = frozenset(name_fields(fields))
        self.strategies: dict[str, Strategy] = {
            part.column: unit.strategy for unit in self._units for part in unit.parts
        }

    def golden(self, roster: Roster, unnamed: Bools) -> pa.Table:
        """Return the golden values of the groups of a roster; `unnamed` says who has no name."""
        parts = [part for unit in self._units for part in unit.parts]
        nowhere = np.zeros_like(unnamed)
        cells = {
            part.column: read_cells(
                self._given(part, roster.rows),
                part.type,
                None if part.field is None else partial(self._cleaned_at, part, roster),
                unnamed if part.field in self._names else nowhere,
            )
            for part in parts
        }
        chosen: dict[str, Choice] = {}
        for unit in self._units:
            found = self._chosen(unit, roster, cells)
            chosen |= {part.column: each for part, each in zip(unit.parts, found, strict=True)}
        for column, judgements in self._decided.items():
            values = newest_values(roster, judgements)
            chosen[column] = with_decided(roster, chosen[column], values)
        columns = sorted(chosen)
        strategies = [self.strategies[column] for column in columns]
        return golden_table(roster, columns, strategies, [chosen[each] for each in columns])

    def _chosen(self, unit: Unit, roster: Roster, cells: Mapping[str, Cells]) -> list[Choice]:
        """Return what the unit's strategy chooses of each of its parts."""
        ours = [cells[part.column] for part in unit.parts]
        strategy = unit.strategy
        if strategy == "never":
            return [choose_value(roster, each, None, own=True) for each in ours]
        score = self._record_score(strategy, roster)
        if unit.is_address:
            telling = [part.telling for part in unit.parts]
            return choose_address(roster, ours, telling, strategy, score)
        (only,) = ours
        if strategy == "union":
            return [choose_union(roster, only, self._settings.separator)]
        if strategy == "most_frequent":
            return [choose_frequent(roster, only)]
        if strategy == "most_complete":
            score = np.sum([each.filled for each in cells.values()], axis=0)
        return [
            choose_value(roster, only, _value_score(strategy, only) if score is None else score)
        ]

    def _record_score(self, strategy: Strategy, roster: Roster) -> Longs | None:
        """Return what puts one record ahead of another, None for what values decide."""
        if strategy in ("most_recent", "oldest"):
            latest = strategy == "most_recent"
            dated = date_part(self._settings, self._fields, latest=latest)
            told = (self._given if dated.field is None else self._cleaned)(dated, roster.rows)
            return ranked(days(told), descending=not latest)
        if strategy == "source_priority":
            named = source_part(self._settings, self._fields)
            source = (
                cells_at(self._records.column(SOURCE_FILE), roster.rows)
                if named is None
                else self._given(named, roster.rows)
            )
            order = pa.array(self._settings.sources)
            place = pc.index_in(pc.utf8_trim_whitespace(source), order)
            score: Longs = -pc.fill_null(place, len(order)).to_numpy().astype(np.int64)
            return score
        return None

    def _given(self, part: Part, rows: Longs) -> pa.Array:
        """Return a part's cells as they came."""
        found = [self._inputs.cells(column, rows) for column in part.columns]
        return found[0] if len(found) == 1 else pc.coalesce(*found)

    def _cleaned_at(self, part: Part, roster: Roster, places: Longs) -> pa.Array:
        return self._cleaned(part, roster.rows[places])

    def _cleaned(self, part: Part, rows: Longs) -> pa.Array:
        """Return a field's cells as they can be compared.

        Of streets that are the number, the words and the unit, where they were read.
        """
        assert part.field is not None
        if f"{part.field}.{_STREET_PARTS[0]}" in self._features.column_names:
            read = [
                cells_at(self._features.column(f"{part.field}.{name}"), rows)
                for name in _STREET_PARTS
            ]
            texts = [pc.binary_join(each, " ") if _is_list(each) else each for each in read]
            joined = pc.binary_join_element_wise(*texts, "/", null_handling="replace")
            return pc.if_else(pc.equal(joined, "//"), pa.scalar(None, pa.string()), joined)
        return self._normalized.cells(part.field, rows)


def _decided_values(units: Sequence[Unit], judgements: pa.Table) -> dict[str, pa.Table]:
    """Return what people decided of each column that they decided on."""
    held = judgements.filter(pc.equal(judgements.column("kind"), "value"))
    parts = [part for unit in units for part in unit.parts]
    found: dict[str, pa.Table] = {}
    for name in pc.unique(held.column("field")).to_pylist():
        part = part_called(name, parts)
        if part is not None:
            mine = held.filter(pc.equal(held.column("field"), name))
            before = found.get(part.column)
            found[part.column] = mine if before is None else pa.concat_tables([before, mine])
    return found


def _value_score(strategy: Strategy, cells: Cells) -> Longs | None:
    """Return what puts one value ahead of another, None where standing alone decides."""
    match strategy:
        case "longest":
            return cells.lengths()
        case "shortest":
            return -cells.lengths()
        case "any_true":
            return cells.among(true_words())
        case "highest" | "lowest":
            places = np.flatnonzero(cells.filled)
            score = np.zeros(len(cells.code), dtype=np.int64)
            size = magnitudes(cells.plain(places))
            score[places] = ranked(size, descending=strategy == "lowest")
            return score
    return None


def _is_list(values: pa.Array) -> bool:
    return bool(pa.types.is_list(values.type))
