"""Publish: the verdict on every record, beside all that it came with; every golden record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from keepone.engine import Engine
from keepone.errors import SettingsError
from keepone.golden_tables import GOLDEN_RECORDS
from keepone.ids import FIELD_PREFIX, SOURCE_FILE, group_id_sql, input_names
from keepone.kernels.golden_records import GoldenSource
from keepone.rules.golden import golden_parts
from keepone.schema import REVIEW_READY
from keepone.settings import PublishSettings
from keepone.shelf import Shelf, rows_at

# Half a hundredth of a percent rounds up; in integers, so that engines agree.
VERDICTS = f"""
SELECT
    members.row,
    named.group_id,
    members.size AS group_size,
    members.row = members.primary AS is_primary,
    members.primary,
    CAST((members.probability + 50) // 100 AS DOUBLE) / 100 AS score,
    CAST(members.probability AS DOUBLE) / 1000000 AS match_probability,
    CAST(members.weight AS DOUBLE) / 1000 AS match_weight
FROM members
JOIN (
    SELECT founder.row, {group_id_sql("founder.dataset", "founder.record_id")} AS group_id
    FROM (SELECT DISTINCT "group" FROM members) AS found
    JOIN records AS founder ON founder.row = found."group"
) AS named ON named.row = members."group"
JOIN records AS record ON record.row = members.row
ORDER BY named.group_id, record.record_id
"""
"""One record with the figures of its verdict, in the order of review_ready."""


_ALL, _REVIEW = "all", "review"


def publish(
    engine: Engine,
    settings: PublishSettings,
    *,
    records: pa.Table,
    headers: pa.Table,
    inputs: pa.Table,
    fields: pa.Table,
    normalized: pa.Table,
    members: pa.Table,
    golden: pa.Table,
    dispositions: pa.Table,
) -> dict[str, pa.Table]:
    """Return `review_ready`, one row a record, and `golden_records`, one a group, by their ids.

    In `review_ready`, first the verdict, then each recognised field as `field_<name>`, then every
    input column as it came, then `source_file`. An input column keeps its own header; where that is
    taken, letter case aside, it is called `input_<header>`. Of fields and input columns there are
    those that the settings name; `SettingsError` where one is named that there is not. In
    `golden_records`, each field's golden value under its header, then where each is from.
    """
    cleaned = normalized.drop_columns("row")
    cells = inputs.select(headers.column("column").to_pylist())
    cells = cells.rename_columns(
        input_names(headers.column("header").to_pylist(), cleaned.column_names)
    )
    cleaned = cleaned.rename_columns([FIELD_PREFIX + name for name in cleaned.column_names])
    wanted = _wanted(settings.columns, cleaned.column_names, cells.column_names)
    with engine.scope(records=records, members=members) as scope:
        figures = scope.fetch(VERDICTS)
    # All else is only put in order: tables with one row a record are sorted by `row`, so that a
    # record's row is also its position.
    order = figures.column("row").to_numpy()
    known = engine.shelf.take(records.select(["record_id", SOURCE_FILE]), order)
    verdicts = _verdicts(engine.shelf, figures, known, records, dispositions)
    parts = [
        verdicts,
        *(
            engine.shelf.take(part.select(chosen), order)
            for part in (cleaned, cells)
            if (chosen := [name for name in part.column_names if name in wanted])
        ),
        known.select([SOURCE_FILE]),
    ]
    names = [name for part in parts for name in part.column_names]
    columns = [column for part in parts for column in part.columns]
    primary = figures.column("is_primary")
    values = _golden_values(
        engine.shelf,
        GoldenSource(records, inputs, golden, golden_parts(fields)),
        rows_at(members, order[primary.to_numpy()]),
        engine.shelf.rows_at_once(inputs, engine.batch_rows),
    )
    of_groups = verdicts.select([column.name for column in GOLDEN_RECORDS.columns]).filter(primary)
    return {
        "review_ready": pa.Table.from_arrays(columns, names=names),
        "golden_records": pa.Table.from_arrays(
            [*of_groups.columns, *values.columns],
            names=[*of_groups.column_names, *values.column_names],
        ),
    }


def _verdicts(
    shelf: Shelf, figures: pa.Table, known: pa.Table, records: pa.Table, dispositions: pa.Table
) -> pa.Table:
    """Return the declared columns of `review_ready`, in the order of the figures."""
    said = ["disposition", "reason", "proposed_disposition"]
    parts = (
        figures,
        known,
        shelf.take(dispositions.select(said), figures.column("row").to_numpy()),
        shelf.take(
            records.select(["record_id"]), figures.column("primary").to_numpy()
        ).rename_columns(["primary_id"]),
    )
    found = {name: part.column(name) for part in parts for name in part.column_names}
    return pa.table({column.name: found[column.name] for column in REVIEW_READY.columns})


def _golden_values(shelf: Shelf, source: GoldenSource, primaries: pa.Table, batch: int) -> pa.Table:
    """Return the golden values of each group, in the order of the primaries."""
    if source.fits(shelf):
        return source.records_of(primaries)
    # Past that groups are put together in their own order, in which golden values stand.
    order = np.argsort(primaries.column("group").to_numpy())
    rising = rows_at(primaries, order)
    values = shelf.keep(
        source.schema,
        (source.records_of(rising.slice(at, batch)) for at in range(0, len(rising), batch)),
    )
    return shelf.take(values, np.argsort(order))


def _wanted(columns: Sequence[str], fields: Sequence[str], cells: Sequence[str]) -> set[str]:
    """Return the names of the fields and input columns to publish."""
    always = [column.name for column in REVIEW_READY.columns]
    known = [*always, *fields, *cells, SOURCE_FILE]
    sets = {_ALL: [*fields, *cells], _REVIEW: fields}
    unknown = [name for name in columns if name not in known and name not in sets]
    if unknown:
        listed = ", ".join(map(repr, unknown))
        message = f"publish.columns: review_ready has no column {listed}"
        hint = (
            f"Name all, review, or any of {', '.join(known)}. With the same --run-id,"
            " what has been computed stands."
        )
        raise SettingsError(message, hint=hint)
    return {name for column in columns for name in sets.get(column, (column,))}
