"""Files that call the same thing by different names: their columns become one field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import InputError, SettingsError
from keepone.reference import profile as reference
from keepone.settings import ProfileSettings
from keepone.stages.profile import profile
from tests.profile.tables import Tables, files_together

_ENGINE = DuckDBEngine()

_SALESFORCE = (
    ["Account ID", "Account Name", "Phone", "Billing City", "Industry", "Created Date", "Region"],
    [
        [f"s{n:03d}", f"Firm {n % 37} Bakery", f"312-555-{n * 7 % 9000 + 1000}",
         ["Rome", "Oslo"][n % 2],
         ["Retail", "Energy", "Banking"][n % 3], f"2020-01-{n % 28 + 1:02d}", f"Zone {n % 9}"]
        for n in range(120)
    ],
)  # fmt: skip
_HUBSPOT = (
    ["Record ID", "Company name", "Phone Number", "City", "Create Date", "Fax",
     "Number of Associated Contacts"],
    [
        [f"h{n:03d}", f"Firm {n % 31} Bakery", f"312-555-{n * 7 % 9000 + 1000}",
         ["Bern", "Oslo"][n % 2],
         f"2021-02-{n % 28 + 1:02d}", f"312-556-{n + 1000}" if n % 2 else None, str(n % 5)]
        for n in range(60)
    ],
)  # fmt: skip


def _fields(tables: Tables, **options: Any) -> dict[str, dict[str, Any]]:
    """Return the lines of the table `fields` by header; the reference gives the same."""
    chosen = ProfileSettings.model_validate(options)
    lines = profile(_ENGINE, chosen, **tables)["fields"].to_pylist()
    assert reference.profile(_ENGINE, chosen, **tables)["fields"].to_pylist() == lines
    return {line["header"]: line for line in lines}


def test_columns_of_two_files_are_one_field() -> None:
    found = _fields(files_together({"salesforce": _SALESFORCE, "hubspot": _HUBSPOT}))
    for one, other, field in (
        ("Account Name", "Company name", "name"),
        ("Phone", "Phone Number", "phone"),
        ("Billing City", "City", "city"),
        ("Created Date", "Create Date", "created_date"),
    ):
        assert found[one]["field"] == found[other]["field"] == field
        assert found[one]["type"] == found[other]["type"]
        assert found[one]["compared"] == found[other]["compared"] == (field != "created_date")
        assert f"one field with {other!r}" in found[one]["why"]
        assert (found[one]["datasets"], found[other]["datasets"]) == (["salesforce"], ["hubspot"])


def test_each_file_has_its_id_column() -> None:
    found = _fields(files_together({"salesforce": _SALESFORCE, "hubspot": _HUBSPOT}))
    assert found["Account ID"]["type"] == found["Record ID"]["type"] == "record_id"


def test_an_id_column_of_two_files_is_known_though_ids_clash() -> None:
    rows = [[str(n), f"Firm {n % 40}", f"312-555-{n + 1000}"] for n in range(60)]
    files = {
        "a": (["Id", "Company", "Phone"], rows),
        "b": (["Id", "Company", "Telephone"], rows[10:]),
    }
    found = _fields(files_together(files))
    assert found["Id"]["type"] == "record_id"
    assert found["Id"]["datasets"] is None


def test_what_a_column_shows_is_not_diluted_by_other_files() -> None:
    few = (_HUBSPOT[0], _HUBSPOT[1][:20])
    many = (
        _SALESFORCE[0],
        [[f"{n}{row[0]}", *row[1:]] for row in _SALESFORCE[1] for n in range(9)],
    )
    found = _fields(files_together({"many": many, "few": few}))
    assert found["Fax"]["filled"] * 100 < 5 * (len(many[1]) + len(few[1]))
    assert found["Fax"]["compared"]
    assert found["Industry"]["compared"]


def test_counters_are_not_compared() -> None:
    found = _fields(files_together({"hubspot": _HUBSPOT}))
    assert found["Number of Associated Contacts"]["type"] == "meta"


def test_a_header_of_two_files_is_one_column_beside_another_file() -> None:
    third = (
        ["Id", "Firm", "Phone Number", "Town"],
        [[f"t{row[0]}", *row[1:4]] for row in _HUBSPOT[1]],
    )
    found = _fields(
        files_together({"salesforce": _SALESFORCE, "hubspot": _HUBSPOT, "third": third})
    )
    assert found["Phone Number"]["datasets"] == ["hubspot", "third"]
    assert found["Phone Number"]["field"] == found["Phone"]["field"] == "phone"
    assert {found[name]["field"] for name in ("Account Name", "Company name", "Firm")} == {"name"}


def test_columns_that_one_file_has_both_of_stay_apart() -> None:
    both = (["Id", "Company name", "Main Phone", "Phone Number"],
            [[f"b{n}", f"Firm {n}", f"312-555-{n + 1000}", f"415-555-{n + 1000}"]
             for n in range(40)])  # fmt: skip
    found = _fields(files_together({"salesforce": _SALESFORCE, "both": both}))
    fields = [found[name]["field"] for name in ("Phone", "Main Phone", "Phone Number")]
    assert fields[0] == "phone"
    assert sorted(fields[1:]) in (["main_phone", "phone"], ["phone", "phone_number"])


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ("Employees", "Number of Employees", True),
        ("Fax", "Fax Number", True),
        ("Fax", "Mobile Phone", False),
        ("VAT Number", "USt-IdNr.", True),
        ("VAT Number", "D-U-N-S Number", False),
        ("Customer Tier Code", "Customer_Tier_Code__c", True),
    ],
)
def test_other_columns_join_by_what_their_headers_mean(
    one: str, other: str, *, joined: bool
) -> None:
    def file(prefix: str, header: str) -> tuple[list[str], list[list[str | None]]]:
        return ["Id", "Company", header], [
            [f"{prefix}{n}", f"Firm {n}", f"312-555-{n // 3 + 1000}"] for n in range(60)
        ]

    found = _fields(files_together({"a": file("a", one), "b": file("b", other)}))
    assert (found[one]["field"] == found[other]["field"]) is joined


def test_a_full_name_stays_where_its_parts_are_missing() -> None:
    given, family = ["Mary", "Peter", "Anna", "James", "Laura"], ["Smith", "Jones", "Brown"]
    people = [(given[n % 5], f"{family[n % 3]}{chr(97 + n)}") for n in range(26)]
    parted = (
        ["Id", "First Name", "Last Name", "Full Name"],
        [[f"a{n}", one, two, f"{one} {two}"] for n, (one, two) in enumerate(people)],
    )
    whole = (
        ["Id", "Contact Name"],
        [[f"b{n}", " ".join(person)] for n, person in enumerate(people)],
    )
    alone = _fields(files_together({"parted": parted}))
    assert not alone["Full Name"]["compared"]
    found = _fields(files_together({"parted": parted, "whole": whole}))
    assert found["Full Name"]["field"] == found["Contact Name"]["field"]
    assert found["Contact Name"]["compared"]


def test_a_field_is_mapped_to_a_column_of_each_file() -> None:
    tables = files_together({"salesforce": _SALESFORCE, "hubspot": _HUBSPOT})
    found = _fields(tables, map={"identifier_zone": ["Region", "Fax"], "name": "Company name"})
    assert found["Region"]["field"] == found["Fax"]["field"] == "identifier_zone"
    assert found["Account Name"]["field"] == found["Company name"]["field"] == "name"
    assert "--map" in found["Company name"]["why"]


@pytest.mark.parametrize(
    ("mapping", "error", "said"),
    [
        (
            {"name": ["Account Name", "Region"]},
            SettingsError,
            "'Account Name' and 'Region' of sales",
        ),
        (
            {"name": ["Account Name", "Account Name"]},
            SettingsError,
            "'Account Name' is named twice",
        ),
        ({"name": ["Account Name", "Nmae"]}, InputError, "no column is headed 'Nmae'"),
    ],
)
def test_a_wrong_mapping_names_file_and_column(
    mapping: dict[str, list[str]], error: type[Exception], said: str
) -> None:
    tables = files_together({"salesforce": _SALESFORCE, "hubspot": _HUBSPOT})
    with pytest.raises(error, match=said):
        profile(_ENGINE, ProfileSettings.model_validate({"map": mapping}), **tables)


_CELL = st.one_of(
    st.none(),
    st.sampled_from(["Acme Inc", "Beta LLC", "312-555-0101", "415-555-0199", "Rome", "Oslo", "IL",
                     "www.acme.com", "2020-01-02", "x1", " ", "Yes"]),
)  # fmt: skip
_HEADER = st.sampled_from(
    ["Name", "Account Name", "Company", "Phone", "Phone Number", "Fax", "City", "Town", "State",
     "Website", "Domain", "Created Date", "Create Date", "Industry", "Sector", "col"]
)  # fmt: skip


@st.composite
def _files(draw: st.DrawFn) -> Tables:
    files = {}
    for name in ("a", "b", "c")[: draw(st.integers(2, 3))]:
        headers = draw(st.lists(_HEADER, min_size=1, max_size=4, unique=True))
        cells = draw(
            st.lists(st.lists(_CELL, min_size=len(headers), max_size=len(headers)), max_size=12)
        )
        prefix = draw(st.sampled_from(["", name]))
        rows = [[f"{prefix}{n}", *row] for n, row in enumerate(cells)]
        files[name] = (["Id", *headers], rows)
    return files_together(files)


@settings(max_examples=80)
@given(_files())
def test_stage_and_reference_agree_on_any_files(tables: Tables) -> None:
    found: list[object] = []
    for run in (profile, reference.profile):
        try:
            found.append(run(_ENGINE, ProfileSettings(), **tables)["fields"].to_pylist())
        except InputError as error:
            found.append((error.message, error.hint))
    assert found[0] == found[1]


@settings(max_examples=80)
@given(_files())
def test_a_field_has_one_column_in_a_dataset_and_one_type(tables: Tables) -> None:
    try:
        lines = profile(_ENGINE, ProfileSettings(), **tables)["fields"].to_pylist()
    except InputError:
        return
    everywhere = set(tables["records"].column("dataset").to_pylist())
    held: dict[tuple[str, str], str] = {}
    types: dict[str, tuple[str, bool]] = {}
    for line in lines:
        if line["field"] is not None:
            assert types.setdefault(line["field"], (line["type"], line["compared"])) == (
                line["type"],
                line["compared"],
            )
            datasets = everywhere if line["datasets"] is None else line["datasets"]
            for dataset in datasets:
                assert held.setdefault((line["field"], dataset), line["column"]) == line["column"]
