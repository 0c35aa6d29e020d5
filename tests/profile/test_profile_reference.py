"""The stage and its reference measure the same, whatever the cells hold."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import InputError, SettingsError
from keepone.kernels.value_shapes import overlap, sample_columns, value_shapes
from keepone.reference import profile as reference
from keepone.reference import value_shapes as reference_shapes
from keepone.rules.columns import column_rules
from keepone.rules.field_types import TYPES
from keepone.settings import ProfileSettings
from keepone.stages.profile import profile
from tests.profile.tables import Tables, input_tables, parse_rows, written_tables

_ENGINE = DuckDBEngine()

_TELLING = (
    "Acme Widgets, Inc.", "12 Main St", "Hauptstraße 12a", "info@acme.com", "www.acme.com/x?y=1",
    "(312) 555-0101 x12", "+49 711 5550101", "3125550101", "60611-1234", "EC1A 1BB", "2020-01-02",
    "12/31/99 11:59 PM", "20200102", "3. Mai 2020", "1999", "43831", "$1,299.00", "12.5 %", "0",
    "N/A", "-", " \u00a0 ", "\t", "US", "Deutschland", "IL", "New York", "Smith, John",
    "Yes", "Mary O'Neill",
    "A. Author, B. Author and C. Other", "Smith, J., Doe, K.", "P.O. Box 771", "Postfach 12",
    "1 Jane Way, Stanford, CA 94305, USA", "Via Roma 4, 20121 Milano", "3:45", "株式会社",
    "AB-1234",
    "\u2026", "of the", "x" * 400, "é" * 150, "0.0.0.0", "a@b", "123-45-6789", "line\nbreak 12",
)  # fmt: skip
_CELLS = st.one_of(
    st.none(),
    st.sampled_from(_TELLING),
    st.lists(st.sampled_from(_TELLING), min_size=2, max_size=3).map(" ".join),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20),
    st.text("0123456789 -+()./,:aeST", min_size=1, max_size=16),
)
_HEADERS = st.sampled_from(
    ["Name", "Phone", "Address", "City", "State", "col1", "First Name", "Nachname", "Type", "Id",
     "Created Date", "Website", "Tax ID", "Description", "Country", "", "✓"]
)  # fmt: skip


@st.composite
def _tables(draw: st.DrawFn) -> Tables:
    headers = draw(st.lists(_HEADERS, min_size=1, max_size=5, unique=True))
    width = len(headers)
    rows = draw(st.lists(st.lists(_CELLS, min_size=width, max_size=width), max_size=25))
    ids = [f"r{index:02d}" for index in range(len(rows))]
    if draw(st.booleans()):
        rows = [[key, *row[1:]] for key, row in zip(ids, rows, strict=True)]
    return input_tables(headers, rows, ids)


def _both(tables: Tables, chosen: ProfileSettings | None = None) -> tuple[object, object]:
    chosen = chosen or ProfileSettings()
    results: list[object] = []
    for run in (profile, reference.profile):
        try:
            made = run(_ENGINE, chosen, **tables)
            results.append({name: table.to_pylist() for name, table in made.items()})
        except (InputError, SettingsError) as error:
            results.append((error.message, error.hint))
    return results[0], results[1]


@settings(max_examples=120)
@given(_tables(), st.one_of(st.none(), st.just("source_file"), _HEADERS))
def test_stage_and_reference_agree(tables: Tables, link: str | None) -> None:
    ours, theirs = _both(tables, ProfileSettings(link=link))
    assert ours == theirs


@settings(max_examples=40)
@given(_tables(), st.data())
def test_stage_and_reference_agree_on_types_that_are_given(
    tables: Tables, data: st.DataObject
) -> None:
    header = data.draw(st.sampled_from(tables["headers"].column("header").to_pylist()))
    kind = data.draw(st.sampled_from([name for name in TYPES if name != "record_id"]))
    ours, theirs = _both(tables, ProfileSettings(types={header: kind}))
    assert ours == theirs


@pytest.mark.parametrize("name", written_tables())
def test_stage_and_reference_agree_on_written_tables(name: str) -> None:
    headers, rows = parse_rows(written_tables()[name]["rows"])
    ours, theirs = _both(input_tables(headers, rows))
    assert ours == theirs


def test_stage_and_reference_draw_the_same_from_long_columns() -> None:
    rows = [
        [f"{n:05d}", f"Firm {n * 7919 % 1201}", f"312-555-{n % 977:04d}" if n % 3 else None]
        for n in range(3000)
    ]
    ours, theirs = _both(input_tables(["id", "Company", "Phone"], rows))
    assert ours == theirs


@settings(max_examples=150)
@given(st.lists(_CELLS.filter(lambda cell: cell is not None), min_size=1, max_size=40))
def test_shapes_agree_value_by_value(cells: list[str]) -> None:
    shapes = value_shapes(pa.array(cells, pa.string())).to_pylist()
    for cell, found in zip(cells, shapes, strict=True):
        lower = reference_shapes.plain(cell)
        assert {name: found[name] for name in reference_shapes.SHAPES} == {
            name: holds(lower) for name, holds in reference_shapes.SHAPES.items()
        }
        assert found["tokens"] == len(reference_shapes.words_of(lower).split())


@settings(max_examples=60)
@given(st.lists(st.tuples(_CELLS, _CELLS), max_size=30))
def test_overlaps_agree(pairs: list[tuple[str | None, str | None]]) -> None:
    left, right = [one for one, _ in pairs], [other for _, other in pairs]
    ours = overlap(
        pa.chunked_array([pa.array(left, pa.string())]),
        pa.chunked_array([pa.array(right, pa.string())]),
    )
    assert ours == reference._overlap(left, right)


def test_every_shape_is_measured_by_both() -> None:
    (sample,) = sample_columns([pa.chunked_array([pa.array(["Acme"])])])
    assert set(sample.shares) == set(reference_shapes.SHAPES)


def test_columns_are_measured_together_as_each_is_alone() -> None:
    """Enough of them for several batches, one without a value among them."""
    values = [[f"{word} {at}" for at in range(300)] for word in ("Acme Ltd", "+1 312 555", "4.5")]
    columns = [pa.chunked_array([pa.array(each, pa.string())]) for each in [*values, [], *values]]
    together = list(sample_columns(columns))
    assert together == [sample for column in columns for sample in sample_columns([column])]
    assert together[3].drawn == 0


def test_every_header_word_list_is_a_shape() -> None:
    lists = {rule.words for rule in column_rules().headers.values() if rule.words}
    assert lists <= set(reference_shapes.SHAPES)
