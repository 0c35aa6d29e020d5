"""Malformed delimited text and JSON Lines: damaged, wrongly encoded, and hostile on purpose."""

from __future__ import annotations

import csv
import encodings.aliases
import io
import json
import re
from random import Random
from typing import Any

from tests.fuzz import sound
from tests.fuzz.case import Case, Maker
from tests.fuzz.damage import damaged, spliced

_LINE_END = re.compile(rb"\r\n|\n|\r")
_WRITTEN = (
    "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "utf-8-sig", "cp037", "cp1252", "cp437",
    "shift_jis", "gb18030", "big5", "euc_kr", "koi8-r", "iso2022_jp", "latin-1", "mac_roman",
)  # fmt: skip
_READ = sorted(set(encodings.aliases.aliases.values()) | {"unicode_escape", "idna", "punycode"})

# Names that SQL, our own tables, the terminal, spreadsheets and Python make something of.
_HOSTILE_NAMES = (
    "", " ", "row", "dataset", "record_id", "source_file", "group_id", "c000", "c001", "rowid",
    "id", "ID", "position", "content", "filled", "Column 1", "Name (2)", "Column 2 (2)", "None",
    "'; DROP TABLE inputs; --", '"; SELECT 1; --', "$row", "{column}", "{0}", "%s", "%(x)s", "?",
    "\x1b[31mred", "a\0b", "a\rb", "a\nb", "\x7f", "\u202eevil", "\ufeffName", "\u0000", "\ufffd",
    "=cmd|'/c calc'!A0", "@SUM(1)", "<script>alert(1)</script>", "${jndi:ldap://x}", "../../etc",
    "a" * 10_000, "é" * 10_000, "name:organisation", "[bold]x", "\U0001f3e2", "e\u0301" * 500,
    "__proto__", "NULL", "nan", "true", "1", "-1", "1e999", "address.city", "a.b.c", "SELECT",
)  # fmt: skip
_HOSTILE_VALUES = (
    *_HOSTILE_NAMES, "9" * 5_000, "1e400", "0x41", "१२३", "①②③", "\u3000", "\u2028", "\x1c\x1d\x1e",
    "x" * 120_000, "- " * 3_000, "&#x110000;", "&amp;" * 900, "%" * 99, "+1" * 500, "(" * 5_000,
    "a;" * 4_000, "2020-13-45", "99999-99-99", "31.12.99999", "\u0130" * 80, "ﷺ" * 400, "/" * 9_000,
    "http://" * 300, "a@" * 700, "www." * 800, "c/o " * 600, "No. " * 900, "1/2 " * 900,
)  # fmt: skip


def _of_lines(content: bytes) -> int | None:
    """Return how many rows stand below the header; None where quotes or encodings decide that."""
    marks = (b'"', b"'", b"\0", b"\xff\xfe", b"\xfe\xff")
    if any(mark in content for mark in marks) or content[:4].lower() == b"sep=":
        return None
    lines = [line for line in _LINE_END.split(content.removeprefix(b"\xef\xbb\xbf")) if line]
    return len(lines) - 1


def _of_json(content: bytes) -> int | None:
    """Return how many lines hold anything; None where the encoding decides that."""
    if any(mark in content for mark in (b"\0", b"\xff\xfe", b"\xfe\xff")):
        return None
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return sum(1 for line in lines if line.strip())


def _delimited(random: Random) -> tuple[str, bytes]:
    kind = random.choice(("csv", "tsv"))
    delimiter = "\t" if kind == "tsv" else random.choice(",,;|")
    return kind, sound.delimited(random, delimiter, random.choice(("\n", "\r\n", "\r")))


def _damaged_text(random: Random) -> Case:
    kind, content = _delimited(random)
    content = damaged(random, content)
    return Case(f"damaged {kind}", f".{kind}", content, _of_lines(content))


def _damaged_json(random: Random) -> Case:
    content = damaged(random, sound.json_lines(random))
    return Case("damaged JSON Lines", ".jsonl", content)


def _spliced(random: Random) -> Case:
    """The beginning of one format and the end of another, under any name."""
    makers = (
        lambda: _delimited(random)[1],
        lambda: sound.json_lines(random),
        lambda: sound.workbook(random),
        lambda: sound.parquet(random),
        sound.old_workbook,
        lambda: random.randbytes(random.randrange(1, 3_000)),
    )
    first, second = (random.choice(makers)() for _ in range(2))
    suffix = random.choice((".csv", ".tsv", ".txt", ".jsonl", ".json", ".xlsx", ".xls", ".parquet"))
    return Case("spliced", suffix, spliced(random, first, second))


def _wrongly_encoded(random: Random) -> Case:
    """Written in one encoding, perhaps in two, and read in the one that a setting names."""
    kind, content = _delimited(random)
    if random.random() < 0.3:
        kind, content = "jsonl", sound.json_lines(random)
    written = content.decode().encode(random.choice(_WRITTEN), "replace")
    if random.random() < 0.3:
        written = damaged(random, written)
    if random.random() < 0.2:
        written += content
    read = random.choice((None, random.choice(_READ)))
    settings = {} if read is None else {"encoding": read}
    return Case("wrong encoding", f".{kind}", written or b"\0", settings=settings)


def _text(rows: list[list[str]], random: Random) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _hostile_header(random: Random) -> Case:
    """Headers that are empty, equal, endless, steer terminals, or mean something to SQL."""
    names = [random.choice(_HOSTILE_NAMES) for _ in range(random.randrange(2, 30))]
    if random.random() < 0.1:
        names *= random.choice((20, 200))
    rows = [
        [f"{name} {at}"[:40].replace("\0", "") or "x" for name in names]
        for at in range(random.randrange(1, 8))
    ]
    return Case("hostile header", ".csv", _text([["Name", *names], *(["A", *r] for r in rows)],
                                                random), len(rows))  # fmt: skip


def _hostile_values(random: Random) -> Case:
    """Values that are long, repetitive, hidden, or look like code, in columns of known types."""
    rows = sound.rows(random, random.randrange(3, 30))
    for row in rows:
        for _ in range(random.randrange(1, 4)):
            row[random.randrange(1, len(row))] = random.choice(_HOSTILE_VALUES)
    return Case("hostile values", ".csv", _text([list(sound.HEADER), *rows], random), len(rows))


def _quotes(random: Random) -> Case:
    """Quotes that are never closed, doubled without end, or stand in the middle of cells."""
    pieces = ('"', '""', '"' * 99, "'", ",", "\n", "\r\n", "a", '"a",', '\\"', '"\n', '","', " ")
    body = "".join(random.choices(pieces, k=random.randrange(1, 400)))
    if random.random() < 0.1:
        body *= random.choice((50, 500))
    return Case("quotes", ".csv", b"Id,Name,City\n" + body.encode())


def _sizes(random: Random) -> Case:
    """Many columns, one endless row, or rows of ever more cells."""
    shape = random.randrange(5)
    if shape == 0:
        columns = random.choice((500, 3_000, 20_000, 300_000))
        content = b",".join(b"c%d" % at for at in range(columns)) + b"\n" + b"x," * (columns - 1)
        return Case("many columns", ".csv", content + b"x\n", 1)
    if shape == 1:
        content = b"Id,Name\n1," + b"x" * random.choice((99_999, 100_001, 900_000)) + b"\n2,y\n"
        return Case("endless cell", ".csv", content, 2)
    if shape == 2:
        content = b"Id,Name\n" + b"".join(b"x" + b"," * at + b"\n" for at in range(1_000))
        return Case("ever more cells", ".csv", content, 1_000)
    if shape == 3:
        return Case("delimiters alone", ".csv", random.choice(b",;\t|").to_bytes() * 400_000)
    return Case("line ends alone", ".csv", b"Id,Name\n" + b"\r\n" * 200_000 + b"1,a\n", 1)


def _deep(random: Random) -> bytes:
    """One value of JSON of great depth."""
    depth = random.choice((50, 330, 500, 800, 950, 990, 2_000, 100_000))
    opened, closed = random.choice((("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")))
    inside = random.choice(("1", '"x"', '"\\u00e9"', '"\\ud800"', ""))
    return (opened * depth + inside + closed * depth).encode()


def _odd_json(random: Random) -> bytes:
    """One line of what is nearly JSON, or JSON that few writers make."""
    values = (
        b"NaN", b"-Infinity", b"1e999", b"-0.0", b"9" * 5_000, b"1" + b"0" * 400, b"1E400", b"01",
        b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\xff\xfe"', b'"\xed\xa0\x80"',
        b"true", b"null", b"[]", b"{}", b'{"":{"":1}}', b"'a'", b'"a', b"[1,]", b"\xef\xbb\xbf1",
        b"[" * 40, b'{"a":1,"a":2}', b'"' + b"x" * 120_000 + b'"',
    )  # fmt: skip
    keys = (b'"Name"', b'""', b'"Name"', b'"a.b"', b'"line"', b'"\\u0000"', b'"\\ud800"', b"Name",
            b'"0"', b'"' + b"k" * 10_000 + b'"')  # fmt: skip
    members = (
        random.choice(keys) + b":" + random.choice(values) for _ in range(random.randrange(1, 5))
    )
    return b"{" + b",".join(members) + b"}"


def _hostile_json(random: Random) -> Case:
    """JSON Lines among which some are deep, odd, or no objects."""
    lines = [json.dumps({"id": at, "name": f"Company {at}"}).encode() for at in range(6)]
    for _ in range(random.randrange(1, 6)):
        strange = random.choice((
            lambda: b'{"id": 7, "name": ' + _deep(random) + b"}",
            lambda: _deep(random),
            lambda: _odd_json(random),
            lambda: _odd_json(random),
        ))()  # fmt: skip
        lines.insert(random.randrange(len(lines) + 1), strange)
    content = b"\n".join(lines)
    return Case("hostile JSON Lines", ".jsonl", content, _of_json(content))


def _many_keys(random: Random) -> Case:
    """Objects each of which has keys of its own."""
    count = random.choice((200, 3_000, 30_000))
    lines = [json.dumps({"id": at, f"key {at}": {f"in {at}": "x"}}) for at in range(count)]
    return Case("many keys", ".jsonl", "\n".join(lines).encode(), count)


def _rare(often: Maker, seldom: Maker) -> Maker:
    """Return a maker that takes the costlier one once in twenty times."""

    def make(random: Random, *_: Any) -> Case:
        return seldom(random) if random.random() < 0.05 else often(random)

    return make


TEXT_MAKERS: tuple[Maker, ...] = (
    _damaged_text,
    _damaged_text,
    _damaged_json,
    _spliced,
    _wrongly_encoded,
    _hostile_header,
    _hostile_values,
    _quotes,
    _rare(_hostile_json, _many_keys),
    _rare(_damaged_text, _sizes),
)
