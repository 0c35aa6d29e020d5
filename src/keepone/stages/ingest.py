"""Ingest: sources become records, each with an id and a row number that owe nothing to their order.

Reading is the sources' business; this stage finds each record's id, gives up what repeats one, and
numbers the rest by their key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.engine import Engine, Scope, quote
from keepone.errors import InputError
from keepone.kernels.salesforce_ids import are_salesforce_ids, eighteen
from keepone.readers.cells import row_text
from keepone.readers.datasets import Dataset, datasets
from keepone.readers.id_headers import id_candidates, is_sure
from keepone.readers.source import Reject, Sheet, Source
from keepone.schema import REJECTS
from keepone.settings import IngestSettings
from keepone.shelf import Positions, blocks

# How often an id column is filled, and how often it repeats an id within one file.
ID_COUNTS = """
SELECT
    CAST(sum(rows) AS BIGINT) AS rows,
    CAST(sum(CASE WHEN id IS NULL THEN 0 ELSE rows END) AS BIGINT) AS filled,
    count(id) AS ids
FROM (SELECT file, id, count(*) AS rows FROM candidate GROUP BY file, id) AS counted
"""

# Rows whose content has to be looked at: without an id, or with one that another row has too.
DOUBTFUL = """
SELECT k.position, k.dataset, k.source_file, k.source_row, k.id
FROM keyed AS k
LEFT JOIN (
    SELECT dataset, id FROM keyed WHERE id IS NOT NULL GROUP BY dataset, id HAVING count(*) > 1
) AS repeated ON k.dataset = repeated.dataset AND k.id = repeated.id
WHERE k.sound AND (k.id IS NULL OR repeated.id IS NOT NULL)
ORDER BY k.position
"""

# One row per doubtful row; the content is each filled cell with its header, in order of headers, so
# that neither the order of columns nor an empty column changes it. The text itself is only for rows
# that share an id; where ids are made, its digest says enough, and a file without ids may be large.
CONTENT = """
SELECT
    position,
    filled,
    md5(content) AS digest,
    CASE WHEN id IS NOT NULL THEN content END AS content
FROM (
    SELECT
        position,
        id,
        length(concat_ws('', {filled})) AS filled,
        concat_ws(chr(30), {cells}) AS content
    FROM doubtful_cells
) AS told
"""

# A made id is the digest of the content; rows of equal content are numbered.
MADE = """
SELECT
    d.position,
    'auto-' || substr(c.digest, 1, 16) AS base,
    row_number() OVER (
        PARTITION BY d.dataset, substr(c.digest, 1, 16)
        ORDER BY c.digest, d.source_file, d.source_row
    ) AS occurrence
FROM doubtful AS d
JOIN content AS c ON c.position = d.position
WHERE d.id IS NULL
"""

# Of the rows with one id the fullest is kept, among equals the first by content.
RANKED = """
SELECT
    d.position,
    row_number() OVER (
        PARTITION BY d.dataset, d.id
        ORDER BY c.filled DESC, c.content, d.source_file, d.source_row
    ) AS place
FROM doubtful AS d
JOIN content AS c ON c.position = d.position
WHERE d.id IS NOT NULL
"""

ACCEPTED = """
SELECT
    k.position,
    k.dataset,
    k.source_file,
    CASE
        WHEN k.id IS NOT NULL THEN k.id
        WHEN m.occurrence > 1 THEN m.base || '-' || CAST(m.occurrence AS VARCHAR)
        ELSE m.base
    END AS id
FROM keyed AS k
LEFT JOIN made AS m ON m.position = k.position
LEFT JOIN ranked AS r ON r.position = k.position
WHERE k.sound AND coalesce(r.place, 1) = 1
"""

# Where an id stands in two datasets, all ids are qualified, so that they are all of one form.
RECORDS = """
SELECT
    CAST(row_number() OVER (ORDER BY dataset, record_id) - 1 AS INTEGER) AS row,
    dataset,
    record_id,
    source_file,
    position
FROM (
    SELECT
        position,
        dataset,
        source_file,
        CASE WHEN clash.clashes > 0 THEN dataset || ':' || id ELSE id END AS record_id
    FROM accepted
    CROSS JOIN (
        SELECT count(*) AS clashes
        FROM (SELECT id FROM accepted GROUP BY id HAVING count(DISTINCT dataset) > 1) AS shared
    ) AS clash
) AS named
ORDER BY row
"""

GIVEN_UP = """
SELECT k.position, k.sound
FROM keyed AS k
LEFT JOIN ranked AS r ON r.position = k.position
WHERE NOT k.sound OR r.place > 1
ORDER BY k.position
"""


def ingest(
    engine: Engine, settings: IngestSettings, *, sources: Sequence[Source]
) -> dict[str, pa.Table]:
    """Read the sources; return `records`, `inputs`, `headers` and `rejects`.

    Every row read is a record or a reject. Rows are numbered by (dataset, record id); the same
    files give the same records, whatever the order of files and rows. Raises `InputError` if a
    source cannot be read, if there are no records, or if no file has `settings.id_column`.
    """
    sheets = [sheet for source in sources for sheet in source.read(engine.shelf)]
    rejects = [(sheet.label, reject) for sheet in sheets for reject in sheet.rejects]
    _check_rows(sheets, rejects)
    parts = datasets(sheets)
    if settings.id_column is not None and not any(settings.id_column in p.header for p in parts):
        raise _no_id_column(settings.id_column, parts)
    headers = list(dict.fromkeys(header for sheet in sheets for header in sheet.header))
    with engine.scope() as scope:
        id_headers = [_id_header(scope, part, settings.id_column) for part in parts]
        gathered = _gather(parts, id_headers, headers)
        scope.add("keyed", gathered.keyed)
        doubtful = scope.fetch(DOUBTFUL)
        scope.add("doubtful", doubtful)
        looked_at = engine.shelf.take(gathered.cells, _positions(doubtful))
        _add_content(scope, looked_at, doubtful.select(["position", "id"]))
        scope.table("made", MADE)
        scope.table("ranked", RANKED)
        scope.table("accepted", ACCEPTED)
        records = scope.fetch(RECORDS)
        given_up = scope.fetch(GIVEN_UP)
    repeated = engine.shelf.take(gathered.cells, _positions(given_up))
    rejects += _repeats(gathered, given_up, repeated)
    names = [f"c{index:03d}" for index in range(len(headers))]
    cells = engine.shelf.take(gathered.cells, _positions(records))
    return {
        "records": records.select(["row", "dataset", "record_id", "source_file"]),
        "inputs": cells.rename_columns(names).add_column(0, "row", records.column("row")),
        "headers": pa.table(
            {"column": pa.array(names, pa.string()), "header": pa.array(headers, pa.string())}
        ),
        "rejects": _rejects_table(rejects),
    }


@dataclass(frozen=True, slots=True)
class _Gathered:
    """All rows of all sheets, one after the other.

    `cells` has one column per header; `keyed` holds, by position, the dataset, the file, the line,
    the id (null where there is none), and whether the id is sound; `parts` and `id_headers` say
    which dataset begins where, and which column its ids are from.
    """

    cells: pa.Table
    keyed: pa.Table
    parts: tuple[tuple[int, Dataset, str | None], ...]


def _gather(
    parts: Sequence[Dataset], id_headers: Sequence[str | None], headers: Sequence[str]
) -> _Gathered:
    cells: list[pa.Table] = []
    keys: list[pa.Table] = []
    begins: list[tuple[int, Dataset, str | None]] = []
    at = 0
    for part, id_header in zip(parts, id_headers, strict=True):
        begins.append((at, part, id_header))
        tables = [sheet.cells.select(part.header) for sheet in part.sheets]
        rows = sum(table.num_rows for table in tables)
        ids, sound = _ids(tables, id_header)
        labels = [pa.repeat(sheet.label, sheet.cells.num_rows) for sheet in part.sheets]
        lines = [chunk for sheet in part.sheets for chunk in sheet.source_rows.chunks]
        keys.append(
            pa.table(
                {
                    "position": pa.array(np.arange(at, at + rows)),
                    "dataset": pa.repeat(part.name, rows),
                    "source_file": pa.chunked_array(labels, pa.string()),
                    "source_row": pa.chunked_array(lines, pa.int64()),
                    "id": ids,
                    "sound": sound,
                }
            )
        )
        for table in tables:
            missing = pa.nulls(table.num_rows, pa.string())
            columns = [
                table.column(header) if header in part.header else missing for header in headers
            ]
            cells.append(pa.table(columns, names=list(headers)))
        at += rows
    return _Gathered(pa.concat_tables(cells), pa.concat_tables(keys), tuple(begins))


def _ids(tables: Sequence[pa.Table], header: str | None) -> tuple[pa.Array, pa.Array]:
    """Return a dataset's ids, null where there is none, and whether each is sound."""
    if header is None:
        rows = sum(table.num_rows for table in tables)
        return pa.nulls(rows, pa.string()), pa.repeat(pa.scalar(value=True), rows)
    ids = _trimmed(tables, header).combine_chunks()
    if are_salesforce_ids(ids):
        return eighteen(ids)
    return ids, pa.repeat(pa.scalar(value=True), len(ids))


def _trimmed(tables: Sequence[pa.Table], header: str) -> pa.ChunkedArray:
    """Return the cells under a header, one sheet after the other; blank ones are null."""
    chunks = [chunk for table in tables for chunk in table.column(header).chunks]
    text = pc.utf8_trim_whitespace(pa.chunked_array(chunks, pa.string()))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _id_header(scope: Scope, part: Dataset, wanted: str | None) -> str | None:
    """Return the header of a dataset's record ids, None if they have to be made.

    A column by a sure name may have a few empty cells and repeats, which are faults of rows; any
    other has to be filled and unique throughout.
    """
    if wanted in part.header:
        return wanted
    rows_by_file = [
        pa.repeat(index, sheet.cells.num_rows) for index, sheet in enumerate(part.sheets)
    ]
    files = pa.chunked_array(rows_by_file, pa.int64())
    for header in id_candidates(part.header):
        ids = _trimmed([sheet.cells for sheet in part.sheets], header)
        scope.add("candidate", pa.table({"file": files, "id": ids}))
        counts = scope.fetch(ID_COUNTS).to_pylist()[0]
        rows, filled, distinct = counts["rows"] or 0, counts["filled"] or 0, counts["ids"]
        repeats = filled - distinct
        if is_sure(header):
            if 2 * filled >= rows and repeats <= max(5, filled // 20) and repeats <= distinct:
                return header
        elif filled == rows and repeats == 0 and rows > 1:
            return header
    return None


def _add_content(scope: Scope, cells: pa.Table, keys: pa.Table) -> None:
    """Make the table `content` of rows with these cells, by header, and `keys`: position and id."""
    headers = cells.column_names
    names = [f"c{index:03d}" for index in range(len(headers))]
    table = cells.rename_columns(names)
    for name in keys.column_names:
        table = table.append_column(name, keys.column(name))
    scope.add("doubtful_cells", table)
    ordered = sorted(zip(headers, names, strict=True))
    params = {f"header_{name}": header for header, name in ordered}
    sql = CONTENT.format(
        # One mark a filled cell, counted: a sum over hundreds of columns would be nested too deep.
        filled=", ".join(f"CASE WHEN {quote(name)} IS NOT NULL THEN '1' END" for name in names),
        cells=", ".join(f"$header_{name} || chr(31) || {quote(name)}" for _, name in ordered),
    )
    scope.table("content", sql, params)


def _positions(table: pa.Table) -> Positions:
    positions: Positions = table.column("position").to_numpy()
    return positions


def _repeats(gathered: _Gathered, given_up: pa.Table, cells: pa.Table) -> list[tuple[str, Reject]]:
    """Return the rejects for rows given up because of their ids, with their files."""
    keys = gathered.keyed.take(given_up.column("position")).to_pylist()
    rows = (row for block in blocks(cells) for row in block.to_pylist())
    by_dataset = {part.name: (part, header) for _, part, header in gathered.parts}
    found = []
    for key, row, sound in zip(keys, rows, given_up.column("sound").to_pylist(), strict=True):
        part, header = by_dataset[key["dataset"]]
        if sound:
            code = "repeated_id"
            message = (
                f"the id {key['id']} stands on another row too, and the fullest of them was kept;"
                " remove one of the rows, or give them ids of their own"
            )
        else:
            code = "bad_id_checksum"
            message = (
                f"the last three characters of the id {key['id']} do not fit the rest: it was"
                " mistyped, or its case was changed; export the ids again"
            )
        raw = row_text(row[name] for name in part.header)
        found.append((key["source_file"], Reject(key["source_row"], code, message, raw, header)))
    return found


def _rejects_table(rejects: Sequence[tuple[str, Reject]]) -> pa.Table:
    ordered = sorted(rejects, key=lambda item: (item[0], item[1].source_row, item[1].code))
    rows = [
        {
            "file": file,
            "source_row": reject.source_row,
            "column": reject.column,
            "code": reject.code,
            "message": reject.message,
            "raw": reject.raw,
        }
        for file, reject in ordered
    ]
    return pa.Table.from_pylist(rows, REJECTS.arrow())


def _check_rows(sheets: Sequence[Sheet], rejects: Sequence[tuple[str, Reject]]) -> None:
    if any(sheet.cells.num_rows for sheet in sheets):
        return
    if not rejects:
        files = ", ".join(sheet.label for sheet in sheets)
        message = f"{files}: there is a header, but no row below it"
        raise InputError(message, hint="Check that the export has records.")
    file, first = rejects[0]
    message = (
        f"none of the {len(rejects):,} rows can be read as a record; the first is line"
        f" {first.source_row} of {file} ({first.code}): {first.message}"
    )
    raise InputError(message, hint="Check the delimiter and the quotes, or export again.")


def _no_id_column(wanted: str, parts: Sequence[Dataset]) -> InputError:
    seen = ", ".join(dict.fromkeys(header for part in parts for header in part.header))
    message = f"ingest.id_column: no input has a column {wanted!r}"
    return InputError(message, hint=f"The columns are: {seen}.")
