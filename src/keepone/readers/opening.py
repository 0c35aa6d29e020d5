"""Opens inputs: says what kind each is, by looking into it, and gives it a name of its own."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from keepone.errors import InputError
from keepone.readers.csv_reader import read_csv
from keepone.readers.frames import (
    frame_table,
    is_frame,
    read_parquet,
    read_table,
    table_digest,
)
from keepone.readers.jsonl import read_jsonl
from keepone.readers.source import Sheet, Source
from keepone.readers.workbook import read_workbook
from keepone.settings import IngestSettings
from keepone.shelf import Shelf

_Reader = Callable[[Path, str, IngestSettings, list[str], Shelf], tuple[Sheet, ...]]

_KINDS = "CSV, TSV, XLSX, XLS, Parquet and JSON Lines"
_HEAD = 4_096
_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_FOREIGN = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"BZh", "compressed with bzip2"),
    (b"\xfd7zXZ", "compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3", "a SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"ORC", "an ORC file"),
)
_WEB_PAGE = (b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta", b"<head")
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1a\x01\x1f")


def open_sources(inputs: Any, settings: IngestSettings) -> tuple[Source, ...]:
    """Return the sources of a path, of several paths, or of a table in memory, sorted by name.

    A table is an Arrow table or reader, a pandas or Polars frame, or anything that speaks Arrow's
    stream protocol. Nothing is read yet but what tells the kind and the digest. Raises `InputError`
    for what is missing, a folder, unreadable, empty, given twice, or of no known kind.
    """
    if is_frame(inputs):
        table = frame_table(inputs)
        digest, size = table_digest(table)
        read = partial(_read_frame, table, settings)
        return (Source("table", digest, size, read),)
    given = [inputs] if isinstance(inputs, str | os.PathLike) else list(inputs)
    paths = [Path(path) for path in given]
    if not paths:
        message = "no input was given"
        raise InputError(message, hint=f"Give one or more files: {_KINDS}.")
    for path in paths:
        _check(path)
    _check_repeated(paths)
    names = _names(paths)
    sources = [_source(path, name, settings) for path, name in zip(paths, names, strict=True)]
    return tuple(sorted(sources, key=lambda source: (source.name, source.sha256)))


def _source(path: Path, name: str, settings: IngestSettings) -> Source:
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kind = _kind(head, path.suffix.lower(), name)
    read = partial(_READERS[kind], path, name, settings)
    return Source(name, digest, path.stat().st_size, read)


def _read_frame(
    table: Any, settings: IngestSettings, notes: list[str], shelf: Shelf
) -> tuple[Sheet, ...]:
    return (read_table(table, "table", settings, notes, shelf),)


def _read_csv(
    path: Path, name: str, settings: IngestSettings, notes: list[str], shelf: Shelf
) -> tuple[Sheet, ...]:
    with path.open("rb") as file:
        return (read_csv(file, name, settings, notes, shelf),)


def _read_jsonl(
    path: Path, name: str, settings: IngestSettings, notes: list[str], shelf: Shelf
) -> tuple[Sheet, ...]:
    with path.open("rb") as file:
        return (read_jsonl(file, name, settings, notes, shelf),)


def _read_parquet(
    path: Path, name: str, settings: IngestSettings, notes: list[str], shelf: Shelf
) -> tuple[Sheet, ...]:
    return (read_parquet(path, name, settings, notes, shelf),)


# One reader for each kind of file.
_READERS: Mapping[str, _Reader] = {
    "csv": _read_csv,
    "jsonl": _read_jsonl,
    "parquet": _read_parquet,
    "workbook": read_workbook,
}


def _kind(head: bytes, suffix: str, name: str) -> str:
    """Return the kind, one of `_READERS`, by what the file holds rather than by its name."""
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(_OLE) or (
        head.startswith(_ZIP) and suffix not in {".zip", ".docx", ".pptx"}
    ):
        return "workbook"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, what in (*_FOREIGN, (_ZIP, "an archive")):
        if head.startswith(mark):
            raise _unknown(name, what)
    if start[:20].lower().startswith(_WEB_PAGE):
        raise _unknown(name, "a web page or XML, whatever its name says")
    if suffix in {".xlsx", ".xlsm", ".xlsb", ".xls", ".parquet"}:
        raise _unknown(name, f"no {suffix[1:].upper()} file: it is damaged or was cut short")
    if start.startswith(b"[") and suffix in {".json", ".jsonl", ".ndjson"}:
        raise _unknown(name, "one JSON list; JSON Lines have one object a line, and no list around")
    if start.startswith(b"{") or suffix in {".jsonl", ".ndjson", ".json"}:
        return "jsonl"
    if not _is_text(head):
        raise _unknown(name, "no text: it holds binary data of an unknown kind")
    return "csv"


def _is_text(head: bytes) -> bool:
    """Tell text from other data by the control characters in it, and by how much else is odd."""
    nuls = sorted((head[0::2].count(0), head[1::2].count(0)))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or nuls[1] > max(0.15 * len(head), 4 * nuls[0]):
        return True  # UTF-16, where every second byte of most characters is NUL
    controls = sum(1 for byte in head if byte < 32 and byte not in _TEXT_CONTROLS)
    beyond_ascii = sum(1 for byte in head if byte > 126)
    return controls <= (0.02 if beyond_ascii > 0.3 * len(head) else 0.1) * len(head)


def _unknown(name: str, what: str) -> InputError:
    message = f"{name} cannot be read: it is {what}"
    return InputError(message, hint=f"Keepone reads {_KINDS}; export it as one of those.")


def _check(path: Path) -> None:
    try:
        if path.is_dir():
            message = f"{path} is a folder"
            raise InputError(message, hint=f"Name the files in it, for example {path}/*.csv.")
        if path.exists() and not path.is_file():
            message = f"{path} is no file, but a device or a pipe"
            raise InputError(message, hint="Write what comes of it to a file, and name that.")
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError as error:
        message = f"{path} does not exist"
        raise InputError(message, hint=f"It was looked for in {Path.cwd()}.") from error
    except OSError as error:
        message = f"{path} cannot be opened: {error.strerror}"
        raise InputError(message, hint="Check that you may read it.") from error
    if empty:
        message = f"{path} is empty: it has no header and no rows"
        raise InputError(message, hint="Export it again, and check that the export has records.")


def _check_repeated(paths: Sequence[Path]) -> None:
    counts = Counter(path.resolve() for path in paths)
    for path in paths:
        if counts[path.resolve()] > 1:
            message = f"{path} was given twice"
            raise InputError(message, hint="Name each file once.")


def _names(paths: Sequence[Path]) -> list[str]:
    """Name files by their last part; those that share it by as many parts as tell them apart."""
    resolved = [path.resolve() for path in paths]
    names = [path.name for path in resolved]
    depth = 1
    while len(set(names)) < len(names):
        depth += 1
        counts = Counter(names)
        names = [
            "/".join(path.parts[-depth:]) if counts[name] > 1 else name
            for path, name in zip(resolved, names, strict=True)
        ]
    return names
