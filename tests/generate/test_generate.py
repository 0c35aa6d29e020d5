"""Whole exports: the same for the same seed, true, and as messy as promised."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Literal

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import keepone
from keepone.errors import UserError, WorkspaceError
from keepone.generate import Generated, generate, write, write_children
from keepone.generate.stocks import phrases

RECORDS = 12_000


@pytest.fixture(scope="module")
def crm() -> Generated:
    return generate(RECORDS, seed=7)


@pytest.fixture(scope="module")
def names(crm: Generated) -> list[str]:
    found: list[str] = crm.accounts["Account Name"].to_pylist()
    return found


@pytest.mark.parametrize("profile", ["crm", "dense"])
def test_same_seed_same_tables(profile: Literal["crm", "dense"]) -> None:
    one, two = (generate(1_500, profile=profile, seed=3) for _ in range(2))
    assert one.accounts.equals(two.accounts)
    assert one.truth.equals(two.truth)
    assert not generate(1_500, profile=profile, seed=4).accounts.equals(one.accounts)


@pytest.mark.parametrize("profile", ["crm", "dense"])
@pytest.mark.parametrize("records", [0, 1, 2, 3, 10, 57, 400])
def test_any_number_of_records(profile: Literal["crm", "dense"], records: int) -> None:
    made = generate(records, profile=profile, seed=1)
    assert made.accounts.num_rows == made.truth.num_rows == records


@pytest.mark.parametrize(("records", "seed"), [(-1, 0), (1, -1)])
def test_negative_arguments_are_refused(records: int, seed: int) -> None:
    with pytest.raises(UserError, match="0 or more"):
        generate(records, seed=seed)


def test_every_record_is_once_in_the_truth(crm: Generated) -> None:
    ids = crm.accounts["Account ID"].to_pylist()
    assert crm.truth["record_id"].to_pylist() == ids == sorted(set(ids))
    assert crm.truth["entity_id"].null_count == 0


def test_all_columns_are_text_and_filled_as_in_real_files(crm: Generated) -> None:
    assert set(crm.accounts.schema.types) == {pa.string()}
    filled = {
        name: 1 - crm.accounts[name].null_count / RECORDS for name in crm.accounts.column_names
    }
    assert filled["Account Name"] == 1
    assert filled["Phone"] == pytest.approx(0.60, abs=0.04)
    assert filled["Website"] == pytest.approx(0.55, abs=0.04)
    assert filled["Billing Street"] == pytest.approx(0.70, abs=0.05)
    assert all(share > 0.02 for share in filled.values())
    for name in crm.accounts.column_names:
        assert not pc.any(pc.equal(crm.accounts[name], "")).as_py()


def test_group_sizes(crm: Generated) -> None:
    sizes = Counter(Counter(crm.truth["entity_id"].to_pylist()).values())
    companies = sum(sizes.values())
    assert sizes[1] / companies == pytest.approx(2 / 3, abs=0.02)
    assert sum(sizes[size] for size in range(2, 6)) / (companies - sizes[1]) > 0.85
    assert 24 <= max(sizes) <= 60


def test_parents_are_records_of_the_file(crm: Generated) -> None:
    parents = crm.accounts["Parent Account ID"]
    given = parents.drop_null()
    assert len(given) > 100
    assert pc.all(pc.is_in(given, value_set=crm.accounts["Account ID"].combine_chunks())).as_py()
    assert not pc.any(pc.equal(parents, crm.accounts["Account ID"])).as_py()


def test_dates_are_in_order(crm: Generated) -> None:
    created, active = crm.accounts["Created Date"], crm.accounts["Last Activity"]
    assert pc.all(pc.less_equal(created, active)).as_py()
    assert created.to_pylist() == sorted(created.to_pylist())


@pytest.mark.parametrize(
    ("disturbance", "pattern"),
    [
        ("store number", r"#\d+$"),
        ("store number in words", r"Store #?\d+"),
        ("branch place", r" - [A-Z]\w+$"),
        ("doing business as", r"(?i)\bd(/b/a|ba) "),
        ("formerly known as", r"(?i)\b(fka|f/k/a|formerly) "),
        ("parentheses", r"\(.+\)$"),
        ("several companies", r"; |1[).] .* 2[).] "),
        ("care of", r" c/o "),
        ("mark", r"(?i)do not use - |duplicate"),
        ("capitals", r"^[A-Z &]{12,}$"),
        ("small letters", r"^[a-z &]{12,}$"),
        ("legal form", r", (LLC|Inc)$"),
        ("legal form with dots", r"L\.L\.C\."),
        ("abbreviation", r"\b(Svcs|Mfg|Constr?|Ctr|Mgmt)\b"),
        ("two spaces", r"\w  \w"),
        ("accent", r"[äöüéèñ]"),
        ("word added", r"Enterprises|Corporate Office"),
    ],
)
def test_disturbance_occurs_and_does_not_prevail(
    names: list[str], disturbance: str, pattern: str
) -> None:
    hits = sum(re.search(pattern, name) is not None for name in names)
    assert 2 <= hits < RECORDS / 4, disturbance


def test_phones_and_websites_have_many_forms(crm: Generated) -> None:
    phones = crm.accounts["Phone"].drop_null().to_pylist()
    shapes = Counter(re.sub(r"\d", "0", phone) for phone in phones)
    assert len(shapes) > 15
    assert {"000-000-0000", "(000) 000-0000", "0000000000", "+00000000000"} <= set(shapes)
    assert set(phrases("phone")) <= set(phones)
    websites = crm.accounts["Website"].drop_null().to_pylist()
    for start in ("http://", "https://", "www.", "WWW.", "facebook.com/"):
        assert any(site.startswith(start) for site in websites)
    assert "gmail.com" in websites


def test_addresses_are_disturbed(crm: Generated) -> None:
    streets = " | ".join(crm.accounts["Billing Street"].drop_null().to_pylist())
    for form in (" Street", " St", " Avenue", " Ave.", " Suite ", " Ste ", " #", " BLVD"):
        assert form in streets
    postal = crm.accounts["Billing Postal Code"].drop_null().to_pylist()
    for shape in (r"\d{5}", r"\d{5}-\d{4}", r"[A-Z]\d[A-Z] \d[A-Z]\d", r"[A-Z]{1,2}\d \d[A-Z]{2}"):
        assert any(re.fullmatch(shape, code) for code in postal)
    assert any(re.fullmatch(r"\d{4}", code) for code in postal)
    countries = set(crm.accounts["Billing Country"].drop_null().to_pylist())
    assert {"US", "USA", "United States", "Canada", "UK", "Germany", "FR"} <= countries


def _by_entity(made: Generated, column: str) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = defaultdict(list)
    values = made.accounts[column].to_pylist()
    for entity, value in zip(made.truth["entity_id"].to_pylist(), values, strict=True):
        found[entity].append(value)
    return found


def test_phones_are_shared_and_companies_move(crm: Generated) -> None:
    holders: dict[str, set[str]] = defaultdict(set)
    for entity, phones in _by_entity(crm, "Phone").items():
        for phone in phones:
            if phone and (digits := re.sub(r"\D", "", phone.split("x")[0])[-10:]):
                holders[digits].add(entity)
    assert sum(len(entities) > 2 for entities in holders.values()) > 20
    cities = _by_entity(crm, "Billing City").values()
    moved = [
        group for group in cities if len({(city or "").lower()[:3] for city in group} - {""}) > 1
    ]
    assert len(moved) > 5


def test_junk_is_alone(crm: Generated, names: list[str]) -> None:
    junk = set(phrases("junk"))
    sizes = Counter(crm.truth["entity_id"].to_pylist())
    entities = [
        entity
        for entity, name in zip(crm.truth["entity_id"].to_pylist(), names, strict=True)
        if name.strip() in junk
    ]
    assert len(entities) > 20
    assert all(sizes[entity] == 1 for entity in entities)


def test_namesakes_and_siblings_are_other_companies(crm: Generated, names: list[str]) -> None:
    holders: dict[str, set[str]] = defaultdict(set)
    firsts: dict[str, set[str]] = defaultdict(set)
    for name, entity in zip(names, crm.truth["entity_id"].to_pylist(), strict=True):
        holders[name].add(entity)
        firsts[" ".join(name.split()[:2])].add(entity)
    assert sum(len(entities) > 1 for entities in holders.values()) > 50
    assert max(map(len, firsts.values())) > 5


EVIDENCE = """
WITH records AS (
    SELECT t.entity_id, a."Account ID" AS id, lower(a."Account Name") AS name,
        lower(a."Billing City") AS city, left(a."Billing Postal Code", 4) AS postal,
        lower(left(a."Billing Street", 6)) AS street,
        right(regexp_replace(split_part(a."Phone", 'x', 1), '[^0-9]', '', 'g'), 7) AS phone,
        regexp_extract(lower(a."Website"), '([a-z0-9-]+)[.][a-z]', 1) AS web
    FROM accounts AS a JOIN truth AS t ON a."Account ID" = t.record_id
)
SELECT count(*), avg((l.name = r.name)::int),
    avg((
        coalesce(l.city = r.city, false) OR coalesce(l.phone = r.phone, false)
        OR coalesce(l.web = r.web, false) OR coalesce(l.postal = r.postal, false)
        OR coalesce(l.street = r.street, false) OR jaro_winkler_similarity(l.name, r.name) > 0.85
    )::int)
FROM records AS l JOIN records AS r ON l.entity_id = r.entity_id AND l.id < r.id
"""


def test_equal_names_do_not_solve_it_and_evidence_is_there(crm: Generated) -> None:
    with duckdb.connect() as connection:
        connection.register("accounts", crm.accounts)
        connection.register("truth", crm.truth)
        found = connection.execute(EVIDENCE).fetchone()
    assert found is not None
    pairs, same_name, share_something = found
    assert pairs > 5_000
    assert 0.1 < same_name < 0.4
    assert share_something > 0.98


@pytest.mark.slow
def test_dense_is_a_heavy_load(tmp_path: Path) -> None:
    """Counted in what a run really scores, after equal records have become one."""
    made = generate(94_000, profile="dense")
    counts = keepone.run(made.accounts, workspace=tmp_path).counts
    assert len(pc.unique(made.truth["entity_id"])) == pytest.approx(62_000, rel=0.02)
    assert counts["groups"] == pytest.approx(62_000, rel=0.03)
    assert counts["candidate_pairs"] >= 1_300_000
    assert 0.20 <= counts["survivors"] / counts["candidate_pairs"] <= 0.25


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl", ".xlsx", ".CSV"])
def test_written_files_hold_the_same_texts(tmp_path: Path, suffix: str) -> None:
    made = generate(120, seed=2)
    out = tmp_path / "new" / f"accounts{suffix}"
    assert write(made, out) == tmp_path / "new" / "accounts.truth.parquet"
    assert pq.read_table(tmp_path / "new" / "accounts.truth.parquet").equals(made.truth)
    assert _read(out) == made.accounts.to_pylist()


def _read(path: Path) -> list[dict[str, str | None]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, str | None]] = pq.read_table(path).to_pylist()
        return rows
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path).worksheets[0]
        header, *cells = sheet.iter_rows(values_only=True)
        return [dict(zip(header, row, strict=True)) for row in cells]
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            {name: value or None for name, value in row.items()} for row in csv.DictReader(lines)
        ]


def test_unknown_suffix_and_unwritable_place(tmp_path: Path) -> None:
    made = generate(3)
    with pytest.raises(UserError, match="suffix"):
        write(made, tmp_path / "accounts.doc")
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        write(made, tmp_path / "file" / "accounts.csv")


def test_xlsx_without_its_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(UserError, match="xlsxwriter") as caught:
        write(generate(3), tmp_path / "accounts.xlsx")
    assert caught.value.hint is not None


def test_children_point_to_the_accounts_and_are_the_same_for_the_same_seed(
    tmp_path: Path, crm: Generated
) -> None:
    contacts, opportunities = write_children(crm, tmp_path / "a.parquet", seed=7)
    accounts = set(crm.accounts["Account ID"].to_pylist())
    for path, header, prefix in (
        (contacts, "Contact ID", "003"),
        (opportunities, "Opportunity ID", "006"),
    ):
        table = pq.read_table(path)
        assert table.num_rows > RECORDS // 3
        assert set(table["Account ID"].to_pylist()) < accounts
        ids = table[header].to_pylist()
        assert len(set(ids)) == len(ids)
        assert all(each.startswith(prefix) for each in ids)
    again = write_children(crm, tmp_path / "b.parquet", seed=7)
    assert [path.read_bytes() for path in again] == [
        path.read_bytes() for path in (contacts, opportunities)
    ]
