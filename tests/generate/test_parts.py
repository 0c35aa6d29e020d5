"""The parts of an export: streams, sizes, ids, lineage, places and phones."""

from __future__ import annotations

from collections import Counter

import numpy as np
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.generate import stocks
from keepone.generate.companies import Companies, companies
from keepone.generate.lineage import BRANCH, DIVISION, JUNK
from keepone.generate.name_spellings import account_names
from keepone.generate.presence import NAME_INITIALS, NAME_OTHER, NAME_SEVERAL, presence
from keepone.generate.profiles import CRM, DENSE, Profile, group_sizes
from keepone.generate.salesforce_ids import checksum, salesforce_ids
from keepone.generate.sites import home_cities, numbers, sites
from keepone.generate.streams import Stream, Streams


@pytest.fixture(scope="module", params=[CRM, DENSE], ids=["crm", "dense"])
def made(request: pytest.FixtureRequest) -> Companies:
    profile: Profile = request.param
    return companies(group_sizes(8_000, profile), profile, Streams(5))


def test_streams_are_pinned() -> None:
    # NumPy guarantees the raw sequence of PCG64; these are its first values for this label.
    assert Stream(0, "pin").raw(3).tolist() == [
        5133985551975041513,
        5251236648033914561,
        635590628964285176,
    ]
    assert Stream(0, "pin").raw(3).tolist() != Stream(1, "pin").raw(3).tolist()
    assert Stream(0, "pin").raw(3).tolist() != Stream(0, "pit").raw(3).tolist()


def test_draws_follow_their_weights() -> None:
    drawn = Stream(0, "weights").pick(np.array([1.0, 0.0, 3.0]), 20_000)
    assert set(drawn.tolist()) == {0, 2}
    assert (drawn == 2).mean() == pytest.approx(0.75, abs=0.02)
    ranks = np.bincount(Stream(0, "zipf").rank(50, 20_000), minlength=50)
    assert ranks[0] > ranks[5] > ranks[40] > 0
    assert sorted(Stream(0, "order").order(99).tolist()) == list(range(99))


@pytest.mark.parametrize("profile", [CRM, DENSE])
@given(records=st.integers(0, 3_000))
@settings(max_examples=60)
def test_sizes_add_up(profile: Profile, records: int) -> None:
    sizes = group_sizes(records, profile)
    assert int(sizes.sum()) == records
    assert (sizes >= 1).all()
    assert (np.diff(sizes) <= 0).all()


def test_sizes_of_the_profiles() -> None:
    crm, dense = group_sizes(94_000, CRM), group_sizes(94_000, DENSE)
    assert (crm == 1).mean() == pytest.approx(2 / 3, abs=0.02)
    assert ((crm >= 2) & (crm <= 5)).sum() / (crm > 1).sum() > 0.85
    assert 24 <= crm[0] <= 60
    assert len(dense) == pytest.approx(62_000, rel=0.02)
    large = group_sizes(200_000, DENSE)
    assert (large * (large - 1) // 2).sum() >= 1_000_000
    assert 200 <= large[0] <= 999


def test_ids_check_and_rise() -> None:
    ids = salesforce_ids(500, Stream(3, "id")).to_pylist()
    assert ids == sorted(set(ids))
    for each in ids:
        assert each.startswith("001")
        check = ""
        for block in (each[0:5], each[5:10], each[10:15]):
            bits = sum(1 << spot for spot, sign in enumerate(block) if "A" <= sign <= "Z")
            check += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
        assert each[15:] == check


def test_checksum_of_a_published_example() -> None:
    # From Salesforce's own help page on 15- and 18-character ids.
    characters = np.frombuffer(b"001A0000006Vm9r", dtype=np.uint8).reshape(1, 15)
    assert checksum(characters).tobytes() == b"IAC"


def test_phones_are_valid_in_their_country() -> None:
    stock = stocks.cities()
    every = np.repeat(np.arange(len(stock.name)), 4)
    area, subscriber = numbers(every, Stream(0, "phones"))
    for city, code, line in zip(every.tolist(), area, subscriber, strict=True):
        country = stocks.countries()[stock.country[city]]
        parsed = phonenumbers.parse(f"+{country.calling}{code}{line}")
        assert phonenumbers.is_valid_number(parsed), (stock.name[city], code, line)


def test_places_fit_their_country() -> None:
    shapes = {"US": 5, "CA": 7, "DE": 5, "FR": 5, "AU": 4, "NL": 7, "ES": 5, "IT": 5}
    country = np.arange(900) % len(stocks.countries())
    city = home_cities(country, Stream(0, "city"))
    assert (stocks.cities().country[city] == country).all()
    made = sites(country, city, Streams(0), "site")
    for number, postal, street in zip(country.tolist(), made.postal, made.street, strict=True):
        code = stocks.countries()[number].code
        assert len(postal) == shapes.get(code, len(postal))
        assert any(sign.isdigit() for sign in street)


def test_regions_of_american_cities_have_names() -> None:
    stock = stocks.cities()
    american = slice(0, int((stock.country == 0).sum()))
    for code, name in zip(stock.region[american], stock.region_name[american], strict=True):
        assert len(code) == 2 < len(name)


def test_no_name_is_twice_in_one_city(made: Companies) -> None:
    kind = made.lineage.kind
    rows = np.flatnonzero((kind != BRANCH) & (kind != JUNK))
    pairs = Counter((made.name[row].lower(), int(made.sites.city[row])) for row in rows.tolist())
    assert max(pairs.values()) == 1


def test_branches_of_a_chain_differ_in_number_or_place(made: Companies) -> None:
    rows = np.flatnonzero(made.lineage.kind == BRANCH)
    marks = [
        (int(made.lineage.base[row]), made.number[row] or made.place[row]) for row in rows.tolist()
    ]
    assert len(rows) > 100
    assert len(set(marks)) == len(marks)
    assert all(mark for _, mark in marks)
    domains = made.domain[rows]
    assert (domains == made.domain[made.lineage.base[rows]]).all()


def test_divisions_have_a_word_of_their_own(made: Companies) -> None:
    rows = np.flatnonzero(made.lineage.kind == DIVISION)
    assert len(rows) > 20
    for row in rows.tolist():
        assert made.name[row] != made.name[made.lineage.base[row]]
        assert made.guarded[row]
        assert made.guarded[made.lineage.base[row]]


def test_own_domains_and_pages_belong_to_one_company(made: Companies) -> None:
    own = ~np.isin(made.lineage.kind, [BRANCH, DIVISION])
    for column in (made.domain, made.page):
        used = [value for value in column[own] if value]
        assert len(used) > 100
        assert len(set(used)) == len(used)


def test_records_show_what_tells_their_company(made: Companies) -> None:
    streams = Streams(5)
    company = np.repeat(np.arange(len(made)), made.size)
    shown = presence(made, company, streams)
    guarded = made.guarded[company]
    own_phone = shown.phone & ~shown.shared_phone & ~shown.placeholder_phone
    assert shown.city[guarded].all()
    assert (own_phone | shown.street)[guarded].all()
    assert (shown.city | shown.web | own_phone | shown.street).all()
    hard = np.isin(shown.name, [NAME_OTHER, NAME_SEVERAL, NAME_INITIALS])
    assert hard.any()
    assert (own_phone & shown.main_phone & shown.city)[hard].all()
    assert not (hard & guarded).any()


def test_every_record_of_a_branch_shows_its_number_or_place(made: Companies) -> None:
    streams = Streams(5)
    company = np.repeat(np.arange(len(made)), made.size)
    written = account_names(made, company, presence(made, company, streams), streams)
    rows = np.flatnonzero(made.lineage.kind[company] == BRANCH)
    for row in rows.tolist():
        mark = made.number[company[row]] or made.place[company[row]]
        assert mark.lower() in " ".join(written[row].lower().split()), written[row]
