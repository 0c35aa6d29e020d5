"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from keepone.errors import InputError
from keepone.readers.cells import cell_text
from keepone.readers.encodings import Utf8Text
from keepone.readers.gather import Gathered
from keepone.readers.headers import unique_headers
from keepone.readers.notes import fallback_note
from keepone.readers.source import RAW_LENGTH, Reject, Sheet
from keepone.settings import IngestSettings
from keepone.shelf import MEMORY, Shelf, Sink, blocks

_BLOCK = 4 * 1024 * 1024


def read_jsonl(
    stream: BinaryIO,
    label: str,
    settings: IngestSettings,
    notes: list[str],
    shelf: Shelf = MEMORY,
) -> Sheet:
    """Read JSON Lines; columns stand in the order of the objects, however those are shuffled.

    Objects without a key have no value there. The keys of an object inside are columns of their
    own, `address.city` for `city` in `address`; lists, and objects further in, stay JSON. Rejects:
    `broken_json` and those of `cells.split_faulty`. Raises `InputError` if no object has a key.
    """
    text = Utf8Text(stream, settings.encoding)
    parsed: list[Sink] = []
    rejects: list[Reject] = []
    shapes: set[tuple[str, ...]] = set()
    line, rows_read = 0, 0
    for block in text.blocks(_BLOCK):
        objects: list[Mapping[str, Any]] = []
        numbers: list[int] = []
        for line_text in block.split(b"\n")[: None if not block.endswith(b"\n") else -1]:
            line += 1
            if not line_text.strip():
                continue
            rows_read += 1
            found = _object(line_text)
            if found is None:
                rejects.append(_broken(line, line_text))
            else:
                objects.append(_flat(found))
                numbers.append(line)
        shapes.update(map(tuple, objects))
        table = _table(objects, numbers)
        if not parsed or parsed[-1].schema != table.schema:
            parsed.append(shelf.sink(table.schema))
        parsed[-1].add(table)
    # Objects with the most keys first, so that one that lacks some does not change the order.
    ordered = sorted(shapes, key=lambda shape: (-len(shape), shape))
    keys = list(dict.fromkeys(key for shape in ordered for key in shape))
    if not keys:
        message = f"{label} is empty: no line of it is an object with keys"
        raise InputError(
            message, hint="JSON Lines hold one object a line, such as {'name': 'Acme'}."
        )
    gathered = Gathered(
        label,
        unique_headers(keys, label, notes),
        settings.max_cell,
        shelf,
        damage=text.marks_damage,
    )
    gathered.count(rows_read)
    for reject in rejects:
        gathered.reject(reject)
    while parsed:
        _hand_in(parsed.pop(0).table(), keys, gathered)
    if text.fallback_lines:
        notes.append(fallback_note(label, text.fallback_lines))
    return gathered.sheet()


def _hand_in(table: pa.Table, keys: Sequence[str], gathered: Gathered) -> None:
    """Hand in objects of the same keys, with null where they lack one of all the `keys`."""
    place = {key: index for index, key in enumerate(table.column_names[1:], start=1)}
    positions = [str(position) for position in range(len(keys))]
    for block in blocks(table):
        missing = pa.nulls(block.num_rows, pa.string())
        columns = [block.column(place[key]) if key in place else missing for key in keys]
        gathered.add(pa.table(columns, names=positions), block.column(0).combine_chunks())


def _object(line: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(line)
        # Half of a surrogate pair is valid JSON but no text.
        if b"\\u" in line:
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _flat(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object with the keys of those inside it as its own, one level deep.

    An object one of whose keys is taken that way stays as it is, so that nothing is lost.
    """
    if not any(isinstance(value, dict) for value in found.values()):
        return found
    flat: dict[str, Any] = {}
    for key, value in found.items():
        inner = value if isinstance(value, dict) else {}
        inside = {f"{key}.{name}": each for name, each in inner.items()}
        taken = inside.keys() & (found.keys() | flat.keys())
        flat |= {key: value} if not inside or taken else inside
    return flat


def _table(objects: list[Mapping[str, Any]], lines: list[int]) -> pa.Table:
    """Return the objects' lines and, by key, their values as text."""
    # Sorted, so that blocks of objects with the same keys are tables of the same columns.
    keys = sorted({key for found in objects for key in found})
    columns = [
        pa.array([cell_text(found.get(key)) for found in objects], pa.string()) for key in keys
    ]
    return pa.table([pa.array(lines, pa.int64()), *columns], names=["line", *keys])


def _broken(line: int, text: bytes) -> Reject:
    message = "the line is not a whole JSON object; each line holds one, from { to }"
    return Reject(line, "broken_json", message, text.decode("utf-8", "replace")[:RAW_LENGTH])
