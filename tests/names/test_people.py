"""Names of people, and titles of works."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.kernels.names import (
    normalize_family,
    normalize_given,
    normalize_people,
    normalize_person,
    normalize_title,
)
from keepone.reference.people import (
    family_value,
    given_value,
    people_list,
    person_tokens,
    title_tokens,
)

PARTS = [
    "Dr ",
    "Sir ",
    " Jr.",
    " 1st",
    " Bt",
    ", ",
    "; ",
    " and ",
    " & ",
    " et al.",
    "J. ",
    "Ann ",
    "Lee",
]
text = st.one_of(st.text(max_size=20), st.lists(st.sampled_from(PARTS), max_size=9).map("".join))


def one(table: pa.Table) -> object:
    assert table.num_columns == table.num_rows == 1
    return table.column(0)[0].as_py()


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("John Smith", "john smith"),
        ("Mr. John A. Smith Jr.", "john a smith"),
        ("Dr Jane O'Neil, PhD", "jane oneil"),
        ("Smith, John", "john smith"),
        ("Smith, Sir John", "john smith"),
        ("van der Berg, Rick", "rick van der berg"),
        ("Sir Thomas Bond, 1st Baronet", "thomas bond"),
        ("Sir Thomas Bond 1st Baronet", "thomas bond"),
        ("John Smith, Jr.", "john smith"),
        ("Henry VIII", "henry viii"),
        ("King", "king"),
        ("Dr. Dr. Jr.", "jr"),
        ("José Núñez", "jose nunez"),
        ("  ", None),
        ("?", None),
        (None, None),
    ],
)
def test_person(name: str | None, tokens: str | None) -> None:
    expected = tokens.split() if tokens else None
    assert one(normalize_person(pa.array([name], pa.string()))) == expected


@pytest.mark.parametrize(
    ("given_name", "value"),
    [("Mr John", "john"), ("Jean-Luc", "jean luc"), ("Dr.", "dr"), ("", None), (None, None)],
)
def test_given(given_name: str | None, value: str | None) -> None:
    assert one(normalize_given(pa.array([given_name], pa.string()))) == value


@pytest.mark.parametrize(
    ("family", "value"),
    [("O'Brien", "obrien"), ("Smith Jr.", "smith"), ("de la Cruz", "de la cruz"), ("-", None)],
)
def test_family(family: str, value: str | None) -> None:
    assert one(normalize_family(pa.array([family]))) == value


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Peter Buneman, Susan Davidson, Dan Suciu", ["buneman p", "davidson s", "suciu d"]),
        ("P. Buneman, S. Davidson and D. Suciu", ["buneman p", "davidson s", "suciu d"]),
        ("Buneman, Peter; Davidson, Susan", ["buneman p", "davidson s"]),
        ("Buneman, P., Davidson, S. B.", ["buneman p", "davidson s"]),
        ("Buneman, Peter", ["buneman p"]),
        ("Ann Lee & Bob Ray", ["lee a", "ray b"]),
        ("Ann Lee et al.", ["lee a"]),
        ("Ann Lee, Bob Ray, and others", ["lee a", "ray b"]),
        ("Plato", ["plato"]),
        ("", None),
        (" ; , & ", None),
        (None, None),
    ],
)
def test_people(text: str | None, people: list[str] | None) -> None:
    assert one(normalize_people(pa.array([text], pa.string()))) == people


@pytest.mark.parametrize(
    ("title", "tokens"),
    [
        ("The Design of the UNIX System", ["design", "of", "unix", "system"]),
        ("C++ & Java: A Survey, Inc.", ["c", "plus", "plus", "and", "java", "a", "survey", "inc"]),
        ("The", ["the"]),
        ("!", None),
        (None, None),
    ],
)
def test_title(title: str | None, tokens: list[str] | None) -> None:
    assert one(normalize_title(pa.array([title], pa.string()))) == tokens


@settings(max_examples=100, deadline=None)
@given(st.lists(text, max_size=5))
def test_any_text_agrees_with_the_reference(values: list[str]) -> None:
    column = pa.array(values, pa.string())
    for normalize, reference in (
        (normalize_title, title_tokens),
        (normalize_person, person_tokens),
        (normalize_given, given_value),
        (normalize_family, family_value),
        (normalize_people, people_list),
    ):
        rows = normalize(column).column(0).to_pylist()
        assert rows == [reference(value) or None for value in values], normalize.__name__
