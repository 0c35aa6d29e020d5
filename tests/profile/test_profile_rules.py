"""What settings, headers, sparse columns and copies of columns do to the profile."""

from __future__ import annotations

import random
from typing import Any

import pytest

from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import InputError, SettingsError
from keepone.rules.columns import column_rules, fold_header, match_header
from keepone.settings import ProfileSettings
from keepone.stages.profile import profile
from tests.profile.tables import Tables, input_tables

_HEADERS = ["id", "Firm", "Call", "Town", "Note"]
_ROWS = [
    ["1", "Acme Inc", "(312) 555-0101", "Chicago", "a"],
    ["2", "Acme", "312-555-0101", "Chicago", "b"],
    ["3", "Borealis Foods", "312-555-0199", "Evanston", "c"],
]


def _profile(tables: Tables, **settings: Any) -> dict[str, dict[str, Any]]:
    fields = profile(DuckDBEngine(), ProfileSettings(**settings), **tables)["fields"]
    return {row["header"]: row for row in fields.to_pylist()}


@pytest.mark.parametrize(
    ("header", "folded"),
    [
        ("BillingPostalCode", "billing postal code"),
        ("HQ_Phone__c", "hq phone"),
        ("ORT01", "ort 1"),
        ("Straße", "strasse"),
        ("  E-Mail (privat) ", "e mail privat"),
        ("address1_line1", "address 1 line 1"),
        ("???", ""),
    ],
)
def test_headers_fold_to_words(header: str, folded: str) -> None:
    assert fold_header(header) == folded


@pytest.mark.parametrize(
    ("header", "phrase", "strength"),
    [
        ("Shipping Street", "shipping street", "whole"),
        ("Customer Phone 2", "phone 2", "whole"),
        ("HQ Phone", "phone", "whole"),
        ("Geburtsort der Mutter", "geburtsort", "part"),
        ("Emergency contact telephone", "telephone", "part"),
        ("(Do Not Modify) Row Checksum", "do not modify row checksum", "whole"),
        ("First Conversion", "first conversion", "whole"),
        ("HubSpot Team", "hub spot team", "whole"),
    ],
)
def test_headers_match_phrases(header: str, phrase: str, strength: str) -> None:
    match = match_header(header)
    assert match is not None
    assert (match.phrase, match.strength) == (phrase, strength)


def test_unknown_headers_match_nothing() -> None:
    assert match_header("Zzyzx") is None
    assert match_header("") is None


def test_header_phrases_are_reachable() -> None:
    for phrase, rule in column_rules().headers.items():
        match = match_header(phrase)
        assert match is not None
        assert (match.rule, match.strength) == (rule, "whole"), phrase


def test_map_overrides_what_was_recognised() -> None:
    fields = _profile(
        input_tables(_HEADERS, _ROWS), map={"phone": "Note", "city_branch": "Town", "name": "FIRM"}
    )
    assert (fields["Note"]["type"], fields["Note"]["field"]) == ("phone", "phone")
    assert (fields["Town"]["type"], fields["Town"]["field"]) == ("city", "city_branch")
    assert (fields["Firm"]["type"], fields["Firm"]["field"]) == ("organisation", "name")
    assert (fields["Call"]["type"], fields["Call"]["field"]) == ("phone", "call")
    assert fields["Note"]["compared"]
    assert fields["Note"]["why"] == "mapped to phone by --map"


def test_a_type_overrides_what_was_recognised() -> None:
    types = {"Note": "identifier", "call": "category", "Firm": "title", "Town": "meta"}
    fields = _profile(input_tables(_HEADERS, _ROWS), types=types)
    assert (fields["Note"]["type"], fields["Note"]["field"]) == ("identifier", "note")
    assert fields["Note"]["compared"]
    assert fields["Note"]["why"] == "typed identifier by profile.types"
    assert (fields["Call"]["type"], fields["Call"]["field"]) == ("category", "call")
    assert (fields["Firm"]["type"], fields["Firm"]["field"]) == ("title", "title")
    assert (fields["Town"]["type"], fields["Town"]["compared"]) == ("meta", False)


@pytest.mark.parametrize(
    "settings", [{"ignore": ["Call"]}, {"map": {"ignore": "Call"}}, {"types": {"Call": "ignored"}}]
)
def test_ignored_columns_are_left_out(settings: dict[str, Any]) -> None:
    call = _profile(input_tables(_HEADERS, _ROWS), **settings)["Call"]
    assert (call["type"], call["field"], call["compared"]) == ("ignored", None, False)


@pytest.mark.parametrize(
    ("settings", "error", "message", "hint"),
    [
        ({"map": {"fone": "Call"}}, SettingsError, "no field 'fone'", "Did you mean phone?"),
        ({"map": {"phone_": "Call"}}, SettingsError, "no field 'phone_'", "Fields: "),
        (
            {"map": {"phone": "Cal"}},
            InputError,
            "no column is headed 'Cal'",
            "Did you mean 'Call'?",
        ),
        ({"types": {"Call": "fone"}}, SettingsError, "no type 'fone'", "Did you mean phone?"),
        ({"types": {"Call": "record_id"}}, SettingsError, "the record id", "ingest.id_column="),
        ({"types": {"Cal": "phone"}}, InputError, "profile.types", "Did you mean 'Call'?"),
        (
            {"types": {"Call": "phone", "CALL": "web"}},
            SettingsError,
            "profile.types: the column 'Call' is named twice",
            "one type",
        ),
        (
            {"types": {"Call": "phone"}, "map": {"phone": "Call"}},
            SettingsError,
            "profile.types: the column 'Call' is named twice",
            "one field with --map",
        ),
        ({"ignore": ["Cal"]}, InputError, "profile.ignore", "'Call'"),
        (
            {"map": {"phone": "Call"}, "ignore": ["Call"]},
            SettingsError,
            "named twice",
            "one field",
        ),
        (
            {"map": {"web": "Call", "website": "Note"}},
            SettingsError,
            "the columns 'Call' and 'Note' are both mapped to the field 'website'",
            "website_2=COLUMN",
        ),
    ],
)
def test_mappings_that_do_not_fit_say_so(
    settings: dict[str, Any], error: type[InputError | SettingsError], message: str, hint: str
) -> None:
    with pytest.raises(error) as raised:
        _profile(input_tables(_HEADERS, _ROWS), **settings)
    assert message in raised.value.message
    assert hint in (raised.value.hint or "")


def test_nothing_to_compare_lists_columns() -> None:
    rows = [[str(number), "2020-01-01", ""] for number in range(5)]
    with pytest.raises(
        InputError, match=r"'Created Date' \(meta: .*'Empty' \(ignored: empty\)"
    ) as raised:
        _profile(input_tables(["id", "Created Date", "Empty"], rows))
    assert "--map name=COLUMN" in (raised.value.hint or "")


def test_no_records_leave_nothing_to_compare() -> None:
    with pytest.raises(InputError, match="no column can be compared"):
        _profile(input_tables(["id", "name"], []))


def test_order_of_arrival_means_nothing() -> None:
    rows = [
        [f"{n:04d}", f"Firm {n % 700} Ltd", f"312-555-{n % 900:04d}", "x", ""] for n in range(2000)
    ]
    shuffled = random.Random(3).sample(rows, len(rows))
    assert _profile(input_tables(_HEADERS, rows)) == _profile(input_tables(_HEADERS, shuffled))


def test_threads_mean_nothing() -> None:
    tables = input_tables(_HEADERS, _ROWS * 1, [row[0] for row in _ROWS])
    results = [
        profile(DuckDBEngine(threads=threads), ProfileSettings(), **tables)["fields"]
        for threads in (1, 4)
    ]
    assert results[0].equals(results[1])


def _accounts(count: int) -> list[list[str | None]]:
    return [
        [
            f"{number:03d}",
            f"{_NAMES[number % 9]} {_TRADES[number % 7]} {number // 2}",
            f"312-555-{number // 2:04d}",
            f"{number // 2} Main Street",
        ]
        for number in range(count)
    ]


_NAMES = ["Acme", "Borealis", "Cobalt", "Delta", "Ember", "Fjord", "Garnet", "Harrow", "Indigo"]
_TRADES = ["Foods", "Services", "Group", "Labs", "Motors", "Logistics", "Partners"]


def test_sparse_vague_columns_give_way_to_informative_ones() -> None:
    rows = [[*row, _NAMES[n % 4] if n % 5 == 0 else None] for n, row in enumerate(_accounts(60))]
    mood = _profile(input_tables(["id", "Company", "Phone", "Street", "Category"], rows))[
        "Category"
    ]
    assert not mood["compared"]
    assert "only 20 % of the records fill it" in mood["why"]


def test_of_many_vague_columns_the_most_telling_are_compared() -> None:
    rows = [
        [*row, *(f"{n % (kinds + 2)} of {kinds}" for kinds in range(1, 9))]
        for n, row in enumerate(_accounts(60))
    ]
    custom = [f"Custom {kinds}" for kinds in range(1, 9)]
    found = _profile(input_tables(["id", "Company", "Phone", "Street", *custom], rows))
    compared = [header for header in found if found[header]["compared"]]
    assert compared == ["Company", "Phone", "Street", "Custom 6", "Custom 7", "Custom 8"]
    assert "3 more telling columns of its kind are compared" in found["Custom 1"]["why"]


def test_running_text_is_compared_only_where_little_else_is_known() -> None:
    def described(row: list[str | None], n: int) -> list[str | None]:
        return [*row, " ".join(f"{name} visited {n} times" for name in _NAMES)]

    rows = [described(row, n) for n, row in enumerate(_accounts(60))]
    notes = _profile(input_tables(["id", "Company", "Phone", "Street", "Notes"], rows))["Notes"]
    assert (notes["type"], notes["compared"]) == ("text", False)
    assert "running text" in notes["why"]
    few = [described(row[:2], n) for n, row in enumerate(_accounts(60))]
    assert _profile(input_tables(["id", "Company", "Notes"], few))["Notes"]["compared"]


def test_sparse_vague_columns_stay_where_little_else_is_known() -> None:
    rows = [
        [*row[:2], _TRADES[n % 3] if n % 5 == 0 else None] for n, row in enumerate(_accounts(60))
    ]
    assert _profile(input_tables(["id", "Company", "Category"], rows))["Category"]["compared"]


def test_sparse_strong_columns_stay() -> None:
    rows = [[*row, f"x{n}@acme.com" if n < 2 else None] for n, row in enumerate(_accounts(60))]
    assert _profile(input_tables(["id", "Company", "Phone", "Street", "Email"], rows))["Email"][
        "compared"
    ]


def test_nearly_constant_columns_are_not_compared() -> None:
    rows = [[*row, "US" if n else "CA"] for n, row in enumerate(_accounts(60))]
    country = _profile(input_tables(["id", "Company", "Phone", "Street", "Country"], rows))[
        "Country"
    ]
    assert (country["type"], country["compared"]) == ("country", False)
    assert "95 %" in country["why"]


def test_of_two_alike_columns_the_better_filled_is_compared() -> None:
    rows = [[*row, row[3] if n % 3 else None] for n, row in enumerate(_accounts(60))]
    headers = ["id", "Company", "Phone", "Shipping Street", "Billing Street"]
    fields = _profile(input_tables(headers, rows))
    assert fields["Shipping Street"]["field"] == "street"
    assert fields["Billing Street"]["type"] == "street"
    assert [fields[name]["compared"] for name in headers] == [False, True, True, True, False]
    assert "same as 'Shipping Street'" in fields["Billing Street"]["why"]


def test_unlike_columns_of_a_type_are_both_compared() -> None:
    rows = [[*row, f"{90 - n} Oak Avenue"] for n, row in enumerate(_accounts(60))]
    headers = ["id", "Company", "Phone", "Shipping Street", "Billing Street"]
    fields = _profile(input_tables(headers, rows))
    assert all(fields[name]["compared"] for name in headers[1:])


def test_parts_are_compared_instead_of_the_whole() -> None:
    rows = [
        [str(n), f"{first} {last}", first, last]
        for n, (first, last) in enumerate([("Mary", "Lane"), ("John", "Reed"), ("Ann", "Holt")])
    ]
    fields = _profile(input_tables(["id", "Full Name", "First Name", "Last Name"], rows))
    assert [row["compared"] for row in fields.values()] == [False, False, True, True]
    assert "made of 'First Name' and 'Last Name'" in fields["Full Name"]["why"]


def test_mapped_columns_are_compared_whatever_they_hold() -> None:
    rows = [[*row, "US"] for row in _accounts(60)]
    headers = ["id", "Company", "Phone", "Street", "Country"]
    assert _profile(input_tables(headers, rows), map={"country": "Country"})["Country"]["compared"]


def test_field_names_are_unique() -> None:
    headers = ["id", "Phone", "PHONE", "phone!", "Name", "Company", "名前"]
    rows = [
        [
            str(n),
            f"312-555-010{n}",
            f"312-555-020{n}",
            f"312-555-030{n}",
            f"Acme {n} Inc",
            f"Bolt {n} Ltd",
            f"Cobalt {n} AG",
        ]
        for n in range(6)
    ]
    names = [row["field"] for row in _profile(input_tables(headers, rows)).values() if row["field"]]
    assert len(set(names)) == len(names) == 6
    assert all(name.isascii() and name.replace("_", "").isalnum() for name in names)


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        (["a1", " a2 ", "a3"], ["a1", "a2", "a3"]),
        (["a1", "a2", None], ["a1", "a2", "made-from-content"]),
        (["a1", "a2", "a3"], ["crm:a1", "crm:a2", "crm:a3"]),
        (
            ["001A0000006Vm9r", "001A0000006Vm9u", "001A0000006Vm9s"],
            ["001A0000006Vm9rIAC", "001A0000006Vm9uIAC", "001A0000006Vm9sIAC"],
        ),
    ],
)
def test_the_record_id_column_is_found(values: list[str | None], ids: list[str]) -> None:
    rows = [[value, name] for value, name in zip(values, ("Acme", "Bolt", "Cobalt"), strict=True)]
    tables = input_tables(["Key", "Name"], rows, ids)
    dataset = "crm" if ids[0].startswith("crm:") else ""
    records = tables["records"]
    tables["records"] = records.set_column(1, "dataset", [[dataset] * records.num_rows])
    assert _profile(tables)["Key"]["type"] == "record_id"


def test_a_column_that_only_resembles_the_record_id_is_none() -> None:
    tables = input_tables(["Key", "Name"], [["1", "Acme"], ["2", "Bolt"]], ["x1", "x2"])
    assert _profile(tables)["Key"]["type"] == "ignored"
