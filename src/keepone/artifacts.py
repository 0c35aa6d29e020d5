"""The artifacts of a run: files in its folder, and in memory while they are still to be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from keepone.errors import InternalError, RunError
from keepone.files import digest_of, private_folder, replacing, workspace_errors, write_text
from keepone.manifest import ArtifactFile
from keepone.parquet import Layout, damaged, opened, read_parquet, row_groups, write_parquet
from keepone.schema import TABLES
from keepone.shelf import Shelf

# These are for people and stand in the run folder itself, under these names; all others under
# stages/.
_PUBLISHED: Mapping[str, str] = MappingProxyType(
    {
        "review_ready": "review_ready",
        "group_stats": "group_stats",
        "golden_records": "golden",
        "related": "related",
    }
)
# Tables that are written as CSV too, with the headers that a person reads there.
_CSV: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"review_ready": {}, "golden_records": {}, "related": {}, "rejects": {"source_row": "row"}}
)
# Text of a CSV file that is put together at a time.
_CSV_BYTES = 8 << 20
# What a text or a list takes beside its values.
_OFFSET_BYTES = 4
_RERUN = "Run it again with the same inputs and --run-id; what stands is used, the rest is made."


def _approved() -> None:
    """Raise nothing."""


class Artifacts:
    """Writes, holds and reads back the artifacts of one run folder.

    What a later stage reads is held in memory up to `held_bytes`; past that, what is needed last
    goes first and is read back from its file. A reader gets the same value either way. Mapped
    tables of the `shelf` take no memory and are always held.
    """

    def __init__(
        self,
        folder: Path,
        shelf: Shelf,
        *,
        threads: int,
        held_bytes: int,
        layout: Layout,
    ) -> None:
        self._folder = folder
        self._shelf = shelf
        self._threads = threads
        self._held_bytes = held_bytes
        self._layout = layout
        self._held: dict[str, Any] = {}

    def write(
        self, number: int, values: Mapping[str, Any], approve: Callable[[], None] = _approved
    ) -> list[ArtifactFile]:
        """Check the artifacts of stage `number` against their schemas, hold and write them.

        `approve` is called in between: what it raises, nothing is written of.
        """
        with workspace_errors(self._folder):
            private_folder(self._folder / "stages")
        writers = [
            write for name, value in values.items() for write in self._writers(number, name, value)
        ]
        approve()
        with ThreadPoolExecutor(max(1, min(self._threads, 2 * len(values)))) as pool:
            return [future.result() for future in [pool.submit(write) for write in writers]]

    def withdraw(self, files: Iterable[ArtifactFile]) -> None:
        """Take away those of the files that are for people."""
        for file in files:
            if Path(file.file).parent == Path() and file.rows is not None:
                (self._folder / file.file).unlink(missing_ok=True)

    def get(self, name: str, files: Iterable[ArtifactFile]) -> Any:
        """Return the artifact `name`, from memory or else from its file among `files`."""
        if name not in self._held:
            self._held[name] = self._read(name, files)
        return self._held[name]

    def column(self, name: str, column: str, files: Iterable[ArtifactFile]) -> pa.ChunkedArray:
        """Return one column of the table `name` without reading the others."""
        if name in self._held:
            return self._held[name].column(column)
        path = self._folder / _file_of(name, files)
        return read_parquet(path, TABLES[name], [column]).column(column)

    def names(self, name: str, files: Iterable[ArtifactFile]) -> list[str]:
        """Return the column names of the table `name`."""
        if name in self._held:
            return list(self._held[name].column_names)
        with opened(self._folder / _file_of(name, files)) as stored:
            return list(stored.schema_arrow.names)

    def hold(self, needed: Iterable[str]) -> None:
        """Keep only what is `needed`, soonest first, as far as the memory for it goes."""
        held: dict[str, Any] = {}
        room = self._held_bytes
        for name in dict.fromkeys(needed):
            if name not in self._held:
                continue
            value = self._held[name]
            size = self._shelf.bytes_in_memory(value) if isinstance(value, pa.Table) else 0
            room -= size
            if room >= 0 or not size:
                held[name] = value
        self._held = held
        pa.default_memory_pool().release_unused()

    def _writers(self, number: int, name: str, value: Any) -> list[Callable[[], ArtifactFile]]:
        if not isinstance(value, pa.Table):
            # Held as its text reads, so that a resumed run sees what this one sees.
            text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
            self._held[name] = json.loads(text)
            return [partial(self._write_json, name, text + "\n")]
        if name not in TABLES:
            message = f"the table {name} has no schema"
            raise InternalError(message)
        table = self._held[name] = self._shelf.joined(TABLES[name].conform(value))
        published = _PUBLISHED.get(name)
        file = f"{published or f'stages/{number:02d}_{name}'}.parquet"
        writers: list[Callable[[], ArtifactFile]] = [
            partial(self._write_parquet, name, file, table)
        ]
        if name in _CSV:
            writers.append(partial(self._write_csv, name, table))
        return writers

    def _write_json(self, name: str, text: str) -> ArtifactFile:
        path = self._folder / f"{name}.json"
        write_text(path, text, private=True)
        return written(self._folder, name, path)

    def _write_parquet(self, name: str, file: str, table: pa.Table) -> ArtifactFile:
        path = self._folder / file
        with replacing(path, private=True) as new:
            write_parquet(new, table, TABLES[name], self._layout, self._shelf.release)
        return written(self._folder, name, path, table)

    def _write_csv(self, name: str, table: pa.Table) -> ArtifactFile:
        path = self._folder / f"{_PUBLISHED.get(name, name)}.csv"
        headers = _CSV[name]
        table = table.rename_columns([headers.get(old, old) for old in table.column_names])
        with replacing(path, private=True) as new, pacsv.CSVWriter(new, table.schema) as writer:
            for block in self._shelf.blocks(table, _CSV_BYTES):
                writer.write_table(block)
        return written(self._folder, name, path, table)

    def _read(self, name: str, files: Iterable[ArtifactFile]) -> Any:
        path = self._folder / _file_of(name, files)
        if path.suffix != ".parquet":
            return _read_json(path)
        groups = row_groups(path, TABLES[name])
        first = next(groups)
        return self._shelf.joined(self._shelf.keep(first.schema, groups))


def read_artifact(
    folder: Path, name: str, files: Iterable[ArtifactFile], columns: Sequence[str] | None = None
) -> Any:
    """Return the artifact `name` of the run in `folder`, whole, or these columns of the table.

    Raises `RunError` where its file is missing or damaged.
    """
    path = folder / _file_of(name, files)
    if path.suffix == ".parquet":
        return read_parquet(path, TABLES[name], columns)
    return _read_json(path)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error


def written(folder: Path, name: str, path: Path, table: pa.Table | None = None) -> ArtifactFile:
    """Describe a file that was written for the run in `folder`, and the table in it, if any."""
    size = path.stat().st_size
    return ArtifactFile(
        name=name,
        file=path.relative_to(folder).as_posix(),
        rows=None if table is None else table.num_rows,
        bytes=size,
        plain_bytes=size if table is None else sum(map(_plain_bytes, table.columns)),
        sha256=digest_of(path),
    )


def _plain_bytes(column: pa.ChunkedArray) -> int:
    """Return what the values take in memory, however they are parted into chunks."""
    kind = column.type
    if pa.types.is_list(kind):
        values = [chunk.flatten() for chunk in column.chunks]
        return _OFFSET_BYTES * len(column) + _plain_bytes(pa.chunked_array(values, kind.value_type))
    if pa.types.is_struct(kind):
        return sum(map(_plain_bytes, column.flatten()))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = pc.sum(pc.binary_length(column)).as_py() or 0
        return _OFFSET_BYTES * len(column) + int(text)
    return (int(kind.bit_width) * len(column) + 7) // 8


def intact(folder: Path, files: Iterable[ArtifactFile]) -> bool:
    """Return whether all these files stand in `folder` with the size they were written in."""
    return all(_size_on_disk(folder / file.file) == file.bytes for file in files)


def sound(folder: Path, files: Iterable[ArtifactFile]) -> bool:
    """Return whether these files, which are `intact`, hold what was written, to the last bit."""
    try:
        return all(file.sha256 in {None, digest_of(folder / file.file)} for file in files)
    except OSError:
        return False  # gone meanwhile, or the disk does not give it back


def _file_of(name: str, files: Iterable[ArtifactFile]) -> str:
    for file in files:
        if file.name == name and not file.file.endswith(".csv"):
            return file.file
    message = f"the run has no {name}"
    raise RunError(message, hint=_RERUN)


def _size_on_disk(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
