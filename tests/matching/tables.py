"""Small feature tables of every field type: by hand and by Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from keepone.schema import FIELDS, ORIGINS

Tables = dict[str, pa.Table]
Cells = Mapping[str, Any]
Record = Mapping[str, Cells]

# Parts that hold a list of texts; all others hold one.
LISTS = frozenset({"tokens", "aliases", "people"})
PARTS: dict[str, tuple[str, ...]] = {
    "organisation": ("tokens", "legal", "aliases"),
    "title": ("tokens",),
    "text": ("tokens",),
    "person": ("tokens",),
    "people": ("people",),
    "given_name": ("value",),
    "family_name": ("value",),
    "street": ("number", "tokens", "unit"),
    "address": ("number", "tokens", "unit", "postal", "region", "country"),
    "street_number": ("value",),
    "city": ("value",),
    "region": ("value",),
    "postal_code": ("value", "short"),
    "country": ("value",),
    "phone": ("value", "others"),
    "email": ("value", "domain"),
    "web": ("value", "name"),
    "identifier": ("value", "valid"),
    "date": ("value",),
    "number": ("value",),
    "category": ("value",),
}


@dataclass(frozen=True)
class Matchable:
    """Records as normalising leaves them: field to type, and per record field to part to value.

    `origins` are their sources, None for a record without one; none at all where it is empty.
    """

    types: Mapping[str, str]
    records: Sequence[Record]
    compared: frozenset[str] | None = None
    origins: Sequence[int | None] = ()

    def tables(self) -> Tables:
        """Return `fields`, `features`, `distinct` and `origins`."""
        return self.compared_tables() | {"origins": origins_table(self.origins)}

    def compared_tables(self) -> Tables:
        """Return `fields`, `features` and `distinct`."""
        compared = self.compared if self.compared is not None else frozenset(self.types)
        fields = [
            {
                "column": f"c{at:03d}",
                "header": field,
                "field": field,
                "type": type_,
                "filled": len(self.records),
                "distinct": len(self.records),
                "compared": field in compared,
                "why": "",
            }
            for at, (field, type_) in enumerate(self.types.items())
        ]
        columns: dict[str, pa.Array] = {"row": pa.array(range(len(self.records)), pa.int32())}
        for field, type_ in self.types.items():
            for part in PARTS[type_] if field in compared else ():
                cells = [record.get(field, {}).get(part) for record in self.records]
                kind = pa.list_(pa.string()) if part in LISTS else pa.string()
                columns[f"{field}.{part}"] = pa.array(cells, kind)
        features = pa.table(columns)
        return {
            "fields": pa.Table.from_pylist(fields, schema=FIELDS.arrow()),
            "features": features,
            "distinct": _distinct(features, self.origins),
        }


def origins_table(origins: Sequence[int | None]) -> pa.Table:
    """Return the table `origins` of records with these sources."""
    known = [{"row": row, "origin": own} for row, own in enumerate(origins) if own is not None]
    return pa.Table.from_pylist(known, schema=ORIGINS.arrow())


def _distinct(features: pa.Table, origins: Sequence[int | None]) -> pa.Table:
    """Return for each record the first that is equal to it; without features none is."""
    first: dict[str, int] = {}
    known = [*origins, *[None] * (features.num_rows - len(origins))]
    representatives = [
        first.setdefault(str(list(line.values())[1:]) if len(line) > 1 else str(line), line["row"])
        if own is None
        else line["row"]
        for line, own in zip(features.to_pylist(), known, strict=True)
    ]
    return pa.table(
        {"row": features.column("row"), "representative": pa.array(representatives, pa.int32())}
    )


def all_pairs(distinct: pa.Table) -> pa.Table:
    """Return every pair of representatives as candidates, those of equal records among them."""
    representatives = distinct.column("representative").to_pylist()
    points = sorted(set(representatives))
    pairs = [
        (left, right)
        for left in points
        for right in points
        if left < right or (left == right and representatives.count(left) > 1)
    ]
    columns = [*zip(*pairs, strict=True)] or [(), ()]
    left, right = (pa.array(column, pa.int32()) for column in columns)
    return pa.table({"l": left, "r": right, "keys": pa.nulls(len(pairs), pa.int32()).fill_null(0)})


# Words with typos, beginnings, glued and split forms, initialisms and numbers of one another.
_WORDS = (
    "acme", "amce", "acmee", "global", "globel", "glob", "blue", "sky", "bluesky", "ibm",
    "international", "internatoinal", "business", "machines", "7", "24", "24h", "a", "ab",
)  # fmt: skip
_NAMES = ("smith", "smyth", "jones", "johnson", "jonson", "li", "o", "martha", "marhta")
_VALUES: dict[str, tuple[str, ...]] = {
    "given_name": _NAMES,
    "family_name": _NAMES,
    "street_number": ("1", "12", "12a", "12-14"),
    "city": ("springfield", "springfeild", "spring", "new york", "york", "blue sky", "global"),
    "region": ("CA", "NY", "ON"),
    "postal_code": ("12345-6789", "12345-6780", "ab1 2cd", "54321"),
    "country": ("US", "DE"),
    "phone": ("+15551234567", "+15551234568", "5551234567", "123456", "+4930123456"),
    "email": ("a@acme.com", "b@acme.com", "a@acne.com", "info@gmail.com"),
    "web": ("acme.com", "acme.co.uk", "facebook.com/acme"),
    "identifier": ("123456789", "123456780", "987654321", "x1"),
    "date": ("2020-03-04", "2020-04-03", "2020-03-05", "2020-11-30", "1999-03-04", "2020"),
    "number": ("0", "-1", "100", "101", "99", "100.5", "1000000"),
    "category": ("school", "schools", "shop"),
}  # fmt: skip


def _texts(pool: Sequence[str], *, most: int = 4) -> st.SearchStrategy[list[str] | None]:
    few = st.lists(st.sampled_from(pool), min_size=1, max_size=most)
    return st.one_of(st.none(), few, few, few)


def _text(pool: Sequence[str]) -> st.SearchStrategy[str | None]:
    return st.one_of(st.none(), st.sampled_from(pool), st.sampled_from(pool))


@st.composite
def _long_list(draw: st.DrawFn) -> list[str]:
    """Draw more words than are compared, some of them twice."""
    count = draw(st.integers(20, 30))
    return [f"{draw(st.sampled_from('pqrs'))}word{'xyz'[at % 3]}{at % 26}x" for at in range(count)]


def cells(type_: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the parts of one value of a type."""
    parts: dict[str, st.SearchStrategy[Any]] = {
        part: st.none() for part in PARTS[type_] if part not in LISTS
    }
    if "tokens" in PARTS[type_]:
        parts["tokens"] = st.one_of(_texts(_WORDS), _texts(_WORDS), _long_list())
    if "aliases" in PARTS[type_]:
        names = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3).map(" ".join)
        parts["aliases"] = st.one_of(st.none(), st.none(), st.lists(names, min_size=1, max_size=2))
        parts["legal"] = _text(("llc", "inc"))
    if "people" in PARTS[type_]:
        parts["people"] = _texts([f"{name} {initial}" for name in _NAMES[:5] for initial in "aj"])
    if "number" in PARTS[type_]:
        parts["number"] = _text(("1", "12", "12a"))
    if "value" in PARTS[type_]:
        parts["value"] = _text(_VALUES[type_])
    if type_ == "postal_code":
        parts["short"] = _text(("12345", "ab1"))
    if type_ == "email":
        parts["domain"] = _text(("acme.com", "acne.com"))
    if type_ == "web":
        parts["name"] = _text(("acme", "bluesky"))
    return st.fixed_dictionaries(parts)


@st.composite
def matchable(draw: st.DrawFn, *, most: int = 10, types: Sequence[str] = tuple(PARTS)) -> Matchable:
    """Draw records of up to five fields with few different values, so that ties are common."""
    chosen = draw(st.lists(st.sampled_from(sorted(types)), min_size=1, max_size=5))
    named = {f"{type_}_{at}": type_ for at, type_ in enumerate(chosen)}
    record = st.fixed_dictionaries({field: cells(type_) for field, type_ in named.items()})
    stock = draw(st.lists(record, min_size=1, max_size=most))
    records = draw(st.lists(st.sampled_from(stock), max_size=most))
    # One field may be recognised and not compared.
    aside = draw(st.sampled_from([None, *named])) if len(named) > 1 else None
    return Matchable(named, records, frozenset(named) - {aside}, draw(sources(len(records))))


@st.composite
def sources(draw: st.DrawFn, records: int) -> list[int | None]:
    """Draw the sources of so many records; half of the time there are none."""
    if draw(st.booleans()):
        return []
    own = st.one_of(st.none(), st.integers(0, 2))
    return draw(st.lists(own, min_size=records, max_size=records))
