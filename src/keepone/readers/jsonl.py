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
from keepone.readers.headers import check_columns, unique_headers
from keepone.readers.notes import fallback_note
from keepone.readers.source import RAW_LENGTH, Reject, Sheet
from keepone.settings import IngestSettings
from keepone.shelf import MEMORY, Shelf, Sink, blocks

_BLOCK = 4 * 1024 * 1024
# Levels of lists and objects in one another. Python's own limit depends on who calls.
_DEPTH = 100


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
    `broken_json`, `deep_json` and those of `cells.split_faulty`. Raises `InputError` if no object
    has a key, or if they have more keys together than there may be columns.
    """
    text = Utf8Text(stream, settings.encoding)
    parsed: list[Sink] = []
    rejects: list[Reject] = []
    shapes: set[tuple[str, ...]] = set()
    known: set[str] = set()
    line, rows_read = 0, 0
    for block in text.blocks(_BLOCK):
        objects: list[Mapping[str, str | None]] = []
        numbers: list[int] = []
        for line_text in block.split(b"\n")[: None if not block.endswith(b"\n") else -1]:
            line += 1
            if not line_text.strip():
                continue
            rows_read += 1
            found = _object(line_text)
            if isinstance(found, str):
                rejects.append(_reject(line, found, line_text))
                continue
            objects.append(found)
            numbers.append(line)
            shape = tuple(found)
            if shape not in shapes:
                shapes.add(shape)
                known.update(shape)
                check_columns(len(known), label)
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


def _object(line: bytes) -> Mapping[str, str | None] | str:
    """Return a line's values as text, by key; or the code of the reject that it is."""
    try:
        found = json.loads(line.decode("utf-8-sig"))
        if not isinstance(found, dict):
            return "broken_json"
        if line.count(b"[") + line.count(b"{") > _DEPTH and _is_deep(found):
            return "deep_json"
        texts = {key: cell_text(value) for key, value in _flat(found).items()}
        # Half of a surrogate pair is valid JSON but no text.
        if b"\\u" in line:
            "".join(filter(None, (*texts, *texts.values()))).encode()
    except ValueError:
        return "broken_json"
    except RecursionError:
        return "deep_json"
    return texts


def _is_deep(found: Mapping[str, Any]) -> bool:
    """Whether lists and objects stand in one another more than `_DEPTH` levels deep."""
    level: list[Any] = [found]
    for _ in range(_DEPTH):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


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


def _table(objects: list[Mapping[str, str | None]], lines: list[int]) -> pa.Table:
    """Return the objects' lines and, by key, their values."""
    # Sorted, so that blocks of objects with the same keys are tables of the same columns.
    keys = sorted({key for found in objects for key in found})
    columns = [pa.array([found.get(key) for found in objects], pa.string()) for key in keys]
    return pa.table([pa.array(lines, pa.int64()), *columns], names=["line", *keys])


def _reject(line: int, code: str, text: bytes) -> Reject:
    message = {
        "broken_json": "the line is not a whole JSON object; each line holds one, from { to }",
        "deep_json": f"lists and objects stand in one another more than {_DEPTH} levels deep;"
        " export the record without what is in them",
    }[code]
    return Reject(line, code, message, text.decode("utf-8", "replace")[:RAW_LENGTH])
