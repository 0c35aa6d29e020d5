"""Malformed workbooks: damaged containers and parts, bombs of compression, entities and size."""

from __future__ import annotations

import io
import zipfile
from random import Random
from typing import Any

import xlsxwriter

from tests.fuzz import sound
from tests.fuzz.case import Case, Maker
from tests.fuzz.damage import damaged

_SHEET = "xl/worksheets/sheet1.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def parts_of(book: bytes) -> dict[str, bytes]:
    """Return the parts of an XLSX file by name."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP file of these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)  # no time of writing
    return file.getvalue()


def simple_book() -> dict[str, bytes]:
    """Return the parts of a sound XLSX file of one sheet with three rows below its header."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": sound.CREATED})
        sheet = book.add_worksheet()
        for at, row in enumerate((("Id", "Name"), (1, "Acme"), (2, "Zyxel"), (3, "Beta"))):
            sheet.write_row(at, 0, row)
    return parts_of(file.getvalue())


def _damaged(random: Random) -> Case:
    return Case("damaged XLSX", ".xlsx", damaged(random, sound.workbook(random)))


def _damaged_old(random: Random) -> Case:
    return Case("damaged XLS", ".xls", damaged(random, sound.old_workbook()))


def _damaged_part(random: Random) -> Case:
    """The container is whole, a part of it is not."""
    parts = parts_of(sound.workbook(random))
    for _ in range(random.choice((1, 1, 2))):
        name = random.choice([part for part in parts if "sheet" in part or "xl/" in part])
        parts[name] = damaged(random, parts[name])
    return Case("damaged part of XLSX", ".xlsx", packed(parts, random.choice(_METHODS)))


def _changed_words(random: Random) -> Case:
    """XML that is well-formed and says something else: places, types, styles, references."""
    parts = parts_of(sound.workbook(random))
    changes: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
        (b'r="A2"', (b'r="XFD1048576"', b'r="A0"', b'r=""', b'r="1"', b'r="ZZZZZZZ99999999999"')),
        (b'r="2"', (b'r="1048576"', b'r="-1"', b'r="99999999999999"', b'r="0"')),
        (b't="s"', (b't="d"', b't="e"', b't="b"', b't="x"', b't="n"', b't="inlineStr"')),
        (b"<v>1</v>", (b"<v>99999999</v>", b"<v>-1</v>", b"<v></v>", b"<v>1e999</v>", b"<v/>")),
        (b'<c r="F2"', (b'<c r="F2" s="999999"', b'<c r="F1048576"', b'<c r="AMJ2"')),
        (b'ref="A1', (b'ref="XFD1:A', b'ref="A1:A1:A1', b'ref="')),
        (b"<row", (b"<row><row", b"<Row", b"</row><row")),
        (b"numFmtId", (b"numfmtId", b"x")),
        (
            b'Target="worksheets',
            (b'Target="../worksheets', b'Target="/xl/none', b'Target="http://'),
        ),
        (b'r:id="rId1"', (b'r:id="rId99"', b'r:id=""', b"")),
        (b"<sheets>", (b"<sheets><sheet/>", b"<sheets><sheets>")),
        (b"<si>", (b"<si><si>", b"<si><r>", b"")),
    )
    for _ in range(random.choice((1, 1, 2))):
        old, news = random.choice(changes)
        new = random.choice(news)
        for name in [part for part in parts if old in parts[part]]:
            parts[name] = parts[name].replace(old, new, random.choice((1, -1)))
    return Case("XLSX that lies", ".xlsx", packed(parts))


def _values(random: Random) -> Case:
    """Cells of every type with numbers and texts at the edges of what they can be."""
    values = (
        b"1e308", b"-1e308", b"NaN", b"2958466", b"-1", b"0", b"60", b"99999999999", b"1E400", b"x",
        b"&#0;", b"&#xD800;", b"&lt;", b"\xff\xfe", b"_x0000_", b"\xed\xa0\x80", b"5551234567.0",
        b"",
    )  # fmt: skip
    types = (b"n", b"s", b"str", b"d", b"e", b"b", b"inlineStr", b"?")
    strange = random.randrange(1, 5)
    rows = b"".join(
        b'<row r="%d">' % row
        + b"".join(
            b'<c r="%c%d" t="%b" s="%d"><v>%b</v></c>'
            % (65 + at, row, random.choice(types), random.randrange(3), random.choice(values))
            if at == strange
            else b'<c r="%c%d"><v>%d</v></c>' % (65 + at, row, at)
            for at in range(4)
        )
        + b"</row>"
        for row in range(2, 4)
    )
    head = b"".join(b'<c r="%c1" t="str"><v>h%d</v></c>' % (65 + at, at) for at in range(4))
    return Case("odd XLSX values", ".xlsx", _with_sheet(b'<row r="1">' + head + b"</row>" + rows))


def _with_sheet(rows: bytes, before: bytes = b"", **others: bytes) -> bytes:
    parts = simple_book()
    parts[_SHEET] = (
        b'<?xml version="1.0" encoding="UTF-8"?>' + before
        + b'<worksheet xmlns="%b"><sheetData>%b</sheetData></worksheet>' % (_MAIN.encode(), rows)
    )  # fmt: skip
    return packed({**parts, **{f"xl/{name}.xml": part for name, part in others.items()}})


def entity_bomb(levels: int, *, formulas: bool = True) -> bytes:
    """Return an XLSX file whose text is ten to the power of `levels` letters long."""
    entities = b'<!ENTITY e0 "x">' + b"".join(
        b'<!ENTITY e%d "%b">' % (level, b"&e%d;" % (level - 1) * 10)
        for level in range(1, levels + 1)
    )
    formula = b'<c r="B1"><f>1</f></c>' if formulas else b""
    rows = (
        b'<row r="1"><c r="A1" t="str"><v>Name</v></c>%b</row>'
        b'<row r="2"><c r="A2" t="str"><v>&e%d;</v></c></row>' % (formula, levels)
    )
    return _with_sheet(rows, b"<!DOCTYPE worksheet [%b]>" % entities)


def size_bomb(megabytes: int, part: str = _SHEET, filling: bytes = b" ") -> bytes:
    """Return an XLSX file one part of which is that large once it is unpacked."""
    parts = simple_book()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            with archive.open(name, "w") as target:
                at = content.rfind(b"</") if name == part else len(content)
                target.write(content[:at])
                if name == part:
                    block = filling * ((1 << 20) // len(filling))
                    for _ in range(megabytes):
                        target.write(block)
                target.write(content[at:])
    return file.getvalue()


def span_bomb(place: str) -> bytes:
    """Return an XLSX file of two cells, the second at that place, far away from the first."""
    row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    cells = (
        '<row r="1"><c r="A1" t="str"><v>Name</v></c></row>'
        f'<row r="{row}"><c r="{place}" t="str"><v>Acme</v></c></row>'
    )
    return _with_sheet(cells.encode())


def _bomb(random: Random) -> Case:
    parts = (_SHEET, "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "xl/comments.xml")
    filling = random.choice((b" ", b"<row/>", b"<si/>", b'<c r="A9"><v>1</v></c>', b"\0"))
    made: tuple[Any, ...] = (
        lambda: entity_bomb(random.choice((3, 9, 30)), formulas=random.random() < 0.5),
        lambda: size_bomb(random.choice((8, 300)), random.choice(parts), filling),
        lambda: span_bomb(random.choice(("XFD1048576", "CZ200000", "A1048576", "XFD3", "ZZ9999"))),
    )
    return Case("bomb in XLSX", ".xlsx", random.choice(made)())


def _odd_archive(random: Random) -> Case:
    """A ZIP file that is no workbook, has parts twice, or names that lead elsewhere."""
    parts = simple_book()
    file = io.BytesIO()
    method = random.choice((*_METHODS, zipfile.ZIP_BZIP2))
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in parts.items():
            if random.random() < 0.8:
                renamed = random.choice((name, name, name, "../" + name, name.upper(), "\ufffd"))
                archive.writestr(zipfile.ZipInfo(renamed), content, method)
        stray = random.choice(("xl/workbook.bin", "content.xml", "mimetype", "a"))
        archive.writestr(zipfile.ZipInfo(stray), b"PK", method)
    book = bytearray(file.getvalue())
    if random.random() < 0.3:
        # A part is said to be encrypted, or packed in a way that nobody knows.
        at = book.find(b"PK\x01\x02")
        book[at + random.choice((8, 10))] = random.choice((1, 9, 99))
    return Case("odd archive", random.choice((".xlsx", ".xlsb", ".ods")), bytes(book))


def _often(random: Random) -> Case:
    return _bomb(random) if random.random() < 0.1 else _changed_words(random)


BOOK_MAKERS: tuple[Maker, ...] = (
    _damaged, _damaged_old, _damaged_old, _damaged_part, _changed_words, _values, _odd_archive,
    _often,
)  # fmt: skip
