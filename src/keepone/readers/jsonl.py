"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
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

_BLOCK = 4 * 1024 * 1024


def read_jsonl(stream: BinaryIO, label: str, settings: IngestSettings, notes: list[str]) -> Sheet:
    """Read JSON Lines; columns stand in the order of the objects, however those are shuffled.

    Objects without a key have no value there. The keys of an object inside are columns of their
    own, `address.city` for `city` in `address`; lists, and objects further in, stay JSON. Rejects:
    `broken_json` and those of `cells.split_faulty`. Raises `InputError` if no object has a key.
    """
    text = Utf8Text(stream, settings.encoding)
    parsed: list[tuple[pa.Table, pa.Array]] = []
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
        parsed.append((_table(objects), pa.array(numbers, pa.int64())))
    # Objects with the most keys first, so that one that lacks some does not change the order.
    ordered = sorted(shapes, key=lambda shape: (-len(shape), shape))
    keys = list(dict.fromkeys(key for shape in ordered for key in shape))
    if not keys:
        message = f"{label} is empty: no line of it is an object with keys"
        raise InputError(
            message, hint="JSON Lines hold one object a line, such as {'name': 'Acme'}."
        )
    gathered = Gathered(
        label, unique_headers(keys, label, notes), settings.max_cell, damage=text.marks_damage
    )
    gathered.count(rows_read)
    for reject in rejects:
        gathered.reject(reject)
    for table, lines in parsed:
        if len(lines):
            missing = pa.nulls(len(lines), pa.string())
            columns = [table.column(key) if key in table.column_names else missing for key in keys]
            positions = [str(position) for position in range(len(keys))]
            gathered.add(pa.table(columns, names=positions), lines)
    if text.fallback_lines:
        notes.append(fallback_note(label, text.fallback_lines))
    return gathered.sheet()


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


def _table(objects: list[Mapping[str, Any]]) -> pa.Table:
    keys = list(dict.fromkeys(key for found in objects for key in found))
    columns = [
        pa.array([cell_text(found.get(key)) for found in objects], pa.string()) for key in keys
    ]
    return pa.table(columns, names=keys)


def _broken(line: int, text: bytes) -> Reject:
    message = "the line is not a whole JSON object; each line holds one, from { to }"
    return Reject(line, "broken_json", message, text.decode("utf-8", "replace")[:RAW_LENGTH])
