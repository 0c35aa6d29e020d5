"""Small tables of matched records for the stages after matching: by hand and by Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import pyarrow as pa
from hypothesis import strategies as st

from keepone.children import CHILDREN as POINTERS
from keepone.decision_tables import BLACKLISTED, JUDGEMENTS
from keepone.schema import FIELDS, FLAGS, GROUPS, LEFT_OUT, PAIRS, POSSIBLE_MATCHES, RECORDS
from keepone.settings import (
    DispositionSettings,
    GoldenSettings,
    RelateSettings,
    Strategy,
    SurvivorshipSettings,
)

# header, field, type, compared
COLUMNS: tuple[tuple[str, str | None, str, bool], ...] = (
    ("Account ID", None, "record_id", False),
    ("Account Name", "name", "organisation", True),
    ("Phone", "phone", "phone", True),
    ("Street", "street", "street", True),
    ("Tax ID", "tax_id", "identifier", True),
    ("Country", "country", "country", True),
    ("Zip", "postal_code", "postal_code", True),
    ("Website", "website", "web", True),
    ("Parent Account ID", "parent", "meta", False),
    ("Ultimate Parent", None, "meta", False),
    ("Relationship", "relationship", "meta", False),
    ("Created Date", "created_date", "meta", False),
    ("Size", None, "ignored", False),
    ("City", "city", "city", True),
)
_NAMES = (
    "acme",
    "acme labs",
    "acme holding",
    "acme labs north",
    "al",
    "Zoë & Söhne",
    "a very long name " * 6,
    "test",
    "Тест",
    "n/a",
    "b{}'",
)
_CELLS: dict[str, tuple[str, ...]] = {
    "Account Name": _NAMES,
    "Phone": ("+15551234567", "+15557654321", " ", "n/a", "000"),
    "Street": ("1 main", "2 main", "1 side"),
    "Tax ID": ("12", "13", "9" * 90),
    "Country": ("US", "DE"),
    "Zip": ("75001", "75001-1", "00100"),
    "Website": ("acme.com", "bolt.com"),
    "Parent Account ID": (" 001 ", "002", *"345678"),
    "Ultimate Parent": ("000", *"345678"),
    "Relationship": ("Customer", "customer - direct", "Former Customer", "Prospect", "other", ""),
    "Created Date": ("2014-03-02", "2014-03-02 10:00:00", "2009-12-31", "soon"),
    "Size": ("7", "12", "1,200", "$3.50", "-4", "2020-01-01", "2021-06-30", "big", "x" * 99, " "),
    "City": ("Salem", "SALEM", "Selam", "Salem 2", "Rome", "?"),
}


@dataclass
class Pointers:
    """Child exports that were read: child, id of the record it refers to, kind."""

    lines: list[tuple[str, str, str]]

    def pointers(self, record_ids: pa.ChunkedArray) -> pa.Table:
        """Return them as a table of pointers."""
        assert {parent for _, parent, _ in self.lines} <= set(record_ids.to_pylist())
        named = [
            {
                "child_id": child, "parent_id": parent, "kind": kind,
                "column": "Account ID", "value": parent,
            }
            for child, parent, kind in self.lines
        ]  # fmt: skip
        return pa.Table.from_pylist(named, schema=POINTERS)


@dataclass
class Matched:
    """What the stages after matching read; one line per record, further tables by need."""

    lines: list[dict[str, str | None]]
    groups: list[int]
    representatives: list[int] = field(default_factory=list)
    pairs: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    flags: list[tuple[int, str, str]] = field(default_factory=list)
    aliases: dict[int, list[str]] = field(default_factory=dict)
    legal: dict[int, str] = field(default_factory=dict)
    possible: list[tuple[int, int]] = field(default_factory=list)
    children: list[tuple[str, int, str]] = field(default_factory=list)
    judged: list[tuple[int, str, int, str | None]] = field(default_factory=list)
    blacklisted: tuple[str, ...] = ()
    # Row, field and value of what people decided of fields, the newest last.
    valued: list[tuple[int, str, str]] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.representatives = self.representatives or list(range(len(self.lines)))

    def tables(self) -> dict[str, Any]:
        """Return every table by its name, and the child exports."""
        rows = pa.array(range(len(self.lines)), pa.int32())
        ids = [f"{row:03d}" for row in range(len(self.lines))]
        cells = {
            header: pa.array([line.get(header) for line in self.lines], pa.string())
            for header, *_ in COLUMNS
        }
        cells["Account ID"] = pa.array(ids, pa.string())
        records = {"row": rows, "dataset": [""] * len(ids), "record_id": ids, "source_file": ids}
        named = {name: cells[header] for header, name, *_ in COLUMNS if name is not None}
        return {
            "records": pa.table(records, schema=RECORDS.arrow()),
            "inputs": pa.table(
                {"row": rows} | {f"c{at:03d}": cells[header] for at, (header, *_) in _numbered()}
            ),
            "fields": pa.Table.from_pylist(
                [self._field(at, cells, *column) for at, column in _numbered()],
                schema=FIELDS.arrow(),
            ),
            "normalized": pa.table({"row": rows} | named),
            "features": self._features(rows, cells),
            "flags": _table(FLAGS.arrow(), sorted(self.flags)),
            "distinct": pa.table(
                {"row": rows, "representative": pa.array(self.representatives, pa.int32())}
            ),
            "pairs": _table(
                PAIRS.arrow(),
                # What the model says of a pair by itself is nothing to them.
                [(*line[:4], 0, line[4]) for line in sorted(self.pairs)],
            ),
            "possible_matches": _table(
                POSSIBLE_MATCHES.arrow(), [(*pair, 100, 300_000) for pair in sorted(self.possible)]
            ),
            "child_exports": Pointers(
                [(child, ids[row], kind) for child, row, kind in self.children]
            ),
            "groups": _table(GROUPS.arrow(), list(enumerate(self.groups))),
            "judgements": _table(
                JUDGEMENTS.arrow(),
                [
                    (row, kind, number, "", value, at, f"decided by person {at}")
                    for at, (row, kind, number, value) in enumerate(self.judged)
                ]
                + [
                    (row, "value", 0, name, value, at, f"decided by person {at}")
                    for at, (row, name, value) in enumerate(self.valued, start=len(self.judged))
                ],
            ),
            "blacklisted": _table(
                BLACKLISTED.arrow(), [(term, "decided by a person") for term in self.blacklisted]
            ),
            "left_out": _table(LEFT_OUT.arrow(), [(row,) for row in self.left_out]),
        }

    @staticmethod
    def _field(
        at: int,
        cells: dict[str, pa.Array],
        header: str,
        name: str | None,
        kind: str,
        compared: bool,
    ) -> dict[str, Any]:
        filled = len(cells[header]) - cells[header].null_count
        distinct = len(cells[header].unique())
        return {
            "column": f"c{at:03d}",
            "header": header,
            "field": name,
            "type": kind,
            "filled": filled,
            "distinct": distinct,
            "compared": compared,
            "why": "",
        }

    def _features(self, rows: pa.Array, cells: dict[str, pa.Array]) -> pa.Table:
        texts = pa.list_(pa.string())
        names, streets = cells["Account Name"].to_pylist(), cells["Street"].to_pylist()
        codes = cells["Zip"].to_pylist()
        return pa.table(
            {
                "row": rows,
                "name.tokens": pa.array([name and name.split() for name in names], texts),
                "name.legal": pa.array(
                    [self.legal.get(row) for row in range(len(names))], pa.string()
                ),
                "name.aliases": pa.array(
                    [self.aliases.get(row) for row in range(len(names))], texts
                ),
                "phone.value": cells["Phone"],
                "street.number": pa.array(
                    [street and street[0] for street in streets], pa.string()
                ),
                "street.tokens": pa.array(
                    [street and street[2:].split() for street in streets], texts
                ),
                "street.unit": pa.nulls(len(names), pa.string()),
                "tax_id.value": cells["Tax ID"],
                "country.value": cells["Country"],
                "city.value": cells["City"],
                "postal_code.value": cells["Zip"],
                "postal_code.short": pa.array(
                    [code and (code[:5] if "-" in code else None) for code in codes], pa.string()
                ),
                "website.value": cells["Website"],
            }
        )


def _numbered() -> list[tuple[int, tuple[str, str | None, str, bool]]]:
    return list(enumerate(COLUMNS))


def _table(schema: pa.Schema, lines: list[tuple[Any, ...]]) -> pa.Table:
    named = [dict(zip(schema.names, line, strict=True)) for line in lines]
    return pa.Table.from_pylist(named, schema=schema)


@st.composite
def matched(draw: st.DrawFn, *, most: int = 9) -> Matched:
    """Draw records with few different values, so that ties, conflicts and chains are common."""
    count = draw(st.integers(0, most))
    rows = range(count)
    lines = [
        {header: draw(st.sampled_from((None, *pool))) for header, pool in _CELLS.items()}
        for _ in rows
    ]
    groups = _partition(draw, count)
    representatives = _partition(draw, count)
    points = sorted(set(representatives))
    pairs = [
        (
            left,
            right,
            draw(st.sampled_from((0, 3_000, 9_000))),
            draw(st.sampled_from((200_000, 949_999, 950_000, 999_999, 1_000_000))),
            draw(st.sampled_from((0, 0, 0, 1, 2, 4, 7))),
        )
        for left in points
        for right in points
        if left <= right and draw(st.booleans())
    ]
    kinds = ("placeholder_name", "several_companies", "no_name", "odd_phone")
    flags = {
        (row, draw(st.sampled_from(kinds))): draw(st.sampled_from(("", "n/a", "y" * 99)))
        for row in rows
        if draw(st.integers(0, 3)) == 0
    }
    aliases = {
        row: draw(st.lists(st.sampled_from(("acme", "acme labs", "test", "none")), max_size=3))
        for row in rows
        if draw(st.booleans())
    }
    legal = {row: draw(st.sampled_from(("inc", "llc"))) for row in rows if draw(st.booleans())}
    flagged = [(row, flag, detail) for (row, flag), detail in flags.items()]
    possible = [
        (left, right)
        for left in rows
        for right in rows
        if left < right and groups[left] != groups[right] and draw(st.booleans())
    ]
    children = [
        (draw(st.sampled_from("abc")), row, draw(st.sampled_from(("contact", "case"))))
        for row in rows
        if draw(st.integers(0, 3)) == 0
    ]
    judged = _judged(draw, groups)
    blacklisted = draw(st.sampled_from(((), (), ("labs",), ("söhne", "test"))))
    return Matched(
        lines,
        groups,
        representatives,
        pairs,
        flagged,
        aliases,
        legal,
        possible,
        children,
        judged,
        blacklisted,
        _valued(draw, count),
        [row for row in rows if draw(st.integers(0, 5)) == 0],
    )


def _valued(draw: st.DrawFn, count: int) -> list[tuple[int, str, str]]:
    """Draw values that people decided on: some that records have, and others."""
    if not count or draw(st.booleans()):
        return []
    fields = ("name", "phone", "Size", "Street", "street", "city", "nowhere")
    values = ("acme", "n/a", " +15551234567", "1 main", "b;a", "7")
    told = st.tuples(st.integers(0, count - 1), st.sampled_from(fields), st.sampled_from(values))
    return draw(st.lists(told, max_size=4, unique_by=lambda each: each[:2]))


def _judged(draw: st.DrawFn, groups: list[int]) -> list[tuple[int, str, int, str | None]]:
    """Draw judgements that hold in these groups: sets within one, records apart in several."""
    if draw(st.booleans()):
        return []
    sets: dict[tuple[int, int], list[int]] = {}
    judged: list[tuple[int, str, int, str | None]] = []
    for row, group in enumerate(groups):
        place = draw(st.integers(0, 3))
        if place < 2:
            sets.setdefault((group, place), []).append(row)
        if draw(st.integers(0, 3)) == 0:
            judged.append((row, "primary", 0, None))
        if draw(st.integers(0, 3)) == 0:
            value = draw(st.sampled_from(("Keep", "Merge", "Delete", "Verify")))
            judged.append((row, "disposition", 0, value))
    for number, rows in enumerate(rows for rows in sets.values() if len(rows) > 1):
        judged += [(row, "same", number, None) for row in rows]
    for number in range(draw(st.integers(0, 2))):
        parted = {group: row for row, group in enumerate(groups) if draw(st.booleans())}
        judged += [(row, "apart", number, None) for row in parted.values()]
    return draw(st.permutations(judged))


def _partition(draw: st.DrawFn, count: int) -> list[int]:
    """Draw for each row the smallest row of its part; one part, or all parts single, come often."""
    if draw(st.integers(0, 4)) == 0:
        return [0] * count
    smallest: dict[int, int] = {}
    return [smallest.setdefault(draw(st.integers(0, count // 2)), row) for row in range(count)]


CRITERIA = (
    "rank",
    "most_complete",
    "oldest",
    "Size:max",
    "Size:min",
    "Account Name:max",
    "Created Date:max",
    "Tax ID:present",
    "relationship:rank",
)


@st.composite
def survivorship_settings(draw: st.DrawFn) -> SurvivorshipSettings:
    """Draw criteria in any order, with the shipped rank table or one of three values."""
    own = {"prospect": 1, "Other": 2, "*": 2}
    return SurvivorshipSettings(
        criteria=tuple(draw(st.lists(st.sampled_from(CRITERIA), unique=True, max_size=4))),
        rank_table=draw(st.sampled_from(({}, own))),
        rank_column=draw(st.sampled_from((None, "Account Name"))),
    )


@st.composite
def disposition_settings(draw: st.DrawFn) -> DispositionSettings:
    """Draw blacklists with words and phrases, renamed labels, limits, and what branches are."""
    terms = ("ACME", "acme labs", "söhne", "test", "very long", "long very", "тест")
    return DispositionSettings(
        blacklist=tuple(draw(st.lists(st.sampled_from(terms), unique=True, max_size=3))),
        labels=draw(st.sampled_from(({}, {"Merge": "Update", "Verify": "Look"}))),
        max_group=draw(st.sampled_from((50, 2))),
        branches=draw(st.sampled_from(("separate", "one_account"))),
    )


relate_settings = st.sampled_from((RelateSettings(), RelateSettings(children=("contacts.csv",))))
# Columns that are part of the one address, and strategies that an address may have.
ADDRESS = ("Street", "City", "country")
OF_ADDRESSES: tuple[Strategy, ...] = (
    "primary", "most_complete", "most_frequent", "most_recent", "oldest", "source_priority", "never"
)  # fmt: skip


@st.composite
def golden_settings(draw: st.DrawFn) -> GoldenSettings:
    """Draw a strategy for some columns, by header or field name, and for addresses."""
    alone = ("Account Name", "phone", "Tax ID", "relationship", "Created Date", "Size")
    strategies: dict[str, Strategy] = draw(
        st.dictionaries(st.sampled_from(alone), st.sampled_from(get_args(Strategy)))
    )
    if draw(st.booleans()):
        strategies[draw(st.sampled_from(ADDRESS))] = draw(st.sampled_from(OF_ADDRESSES))
    return GoldenSettings(
        strategies=strategies,
        defaults=draw(st.sampled_from(({}, {"organisation": "longest", "meta": "lowest"}))),
        date_column=draw(st.sampled_from((None, "Size"))),
        sources=("Customer", "other"),
        source_column=draw(st.sampled_from((None, "Relationship"))),
        separator=draw(st.sampled_from((";", " "))),
    )
