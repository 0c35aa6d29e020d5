"""From the cells of a file to its groups: the stages give what their references give."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.engines.duckdb import DuckDBEngine
from keepone.schema import FIELDS
from keepone.settings import NormalizeSettings, Settings
from tests.matching.runs import assert_same_by_both
from tests.matching.tables import Tables, origins_table, sources

_ENGINE = DuckDBEngine(threads=2)
_FIELD_CASES = Path(__file__).parents[1] / "fields" / "cases"
_NAME_CASES = Path(__file__).parents[1] / "names" / "cases.csv"
_PEOPLE = (
    "Dr. Ann B. Miller", "Miller, Ann", "Müller, J.; Šmid, K.", "A. Author, B. Author et al.",
    "van der Berg", "Jr.", "1st Earl of X",
)  # fmt: skip
_TITLES = (
    "The  Art of\tIt", "A", "Ünïcode, a History", "state of the art: 2020",
    "Größe " * 50, "Größe " * 50 + "beyond what is compared",
)  # fmt: skip
# Field type to the file of instructive cells.
_CASES = {
    "street": "streets",
    "street_number": "street_numbers",
    "address": "addresses",
    "city": "cities",
    "region": "regions",
    "postal_code": "postal_codes",
    "country": "countries",
    "phone": "phones",
    "email": "mail",
    "web": "web",
    "identifier": "identifiers",
    "date": "dates_us",
    "number": "numbers_comma",
    "category": "cities",
}
_WORDS = {
    "title": _TITLES,
    "text": _TITLES,
    "person": _PEOPLE,
    "given_name": _PEOPLE,
    "family_name": _PEOPLE,
    "people": _PEOPLE,
    "meta": _TITLES,
}


@cache
def _pool(type_: str) -> tuple[str, ...]:
    """Return cells that say something to a type."""
    if type_ in _WORDS:
        return _WORDS[type_]
    path = _NAME_CASES if type_ == "organisation" else _FIELD_CASES / f"{_CASES[type_]}.csv"
    lines = csv.reader(path.read_text("utf-8").splitlines())
    next(lines)
    return tuple(dict.fromkeys(line[0] for line in lines if line and line[0].strip()))


@st.composite
def _raw(draw: st.DrawFn) -> Tables:
    """Draw the records of one file or two with up to five recognised fields and a column that is
    none; a field may stand on a column of each file.
    """
    types = ["organisation", *_CASES, *_WORDS]
    chosen = ["organisation", "country", *draw(st.lists(st.sampled_from(types), max_size=3))]
    named = dict.fromkeys(range(len(chosen)))
    count = draw(st.integers(0, 6))
    first = draw(st.integers(0, count))
    columns: dict[str, pa.Array] = {"row": pa.array(range(count), pa.int32())}
    fields = []
    for at, type_ in enumerate(chosen):
        cell = st.one_of(st.none(), *[st.sampled_from(_pool(type_))] * 3)
        columns[f"c{at:03d}"] = pa.array(
            draw(st.lists(cell, min_size=count, max_size=count)), pa.string()
        )
        is_name = type_ == "organisation" and "name" not in named.values()
        named[at] = "name" if is_name else f"{type_}_{at}"
        fields.append(
            {
                "column": f"c{at:03d}",
                "header": f"Header {at}",
                "field": named[at],
                "type": type_,
                "filled": 0,
                "distinct": 0,
                "compared": type_ != "meta" and (at == 0 or draw(st.sampled_from([True, False]))),
                "why": "",
            }
        )
        if draw(st.booleans()):
            whole = columns[f"c{at:03d}"].to_pylist()
            columns[f"c{at:03d}"] = pa.array(
                [*whole[:first], *[None] * (count - first)], pa.string()
            )
            columns[f"d{at:03d}"] = pa.array([*[None] * first, *whole[first:]], pa.string())
            fields.append(fields[-1] | {"column": f"d{at:03d}"})
    aside = {"column": "c999", "header": "Key", "field": None, "type": "ignored", "why": ""}
    fields.append(aside | {"filled": 0, "distinct": 0, "compared": False})
    columns["c999"] = pa.array([str(row) for row in range(count)], pa.string())
    return {
        "records": pa.table(
            {"row": columns["row"], "dataset": ["a"] * first + ["b"] * (count - first)},
            schema=pa.schema([("row", pa.int32()), ("dataset", pa.string())]),
        ),
        "inputs": pa.table(columns),
        "fields": pa.Table.from_pylist(fields, schema=FIELDS.arrow()),
        "origins": origins_table(draw(sources(count))),
    }


@given(_raw(), st.sampled_from(["auto", "auto", "DE", "us"]))
@settings(max_examples=80)
def test_from_cells_to_groups(tables: Tables, country: str) -> None:
    chosen = Settings(normalize=NormalizeSettings(default_country=country))
    assert_same_by_both(tables, _ENGINE, chosen)
