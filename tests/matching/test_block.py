"""Which pairs are worth comparing: keys, crossings, caps, and what they are said to cost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

import keepone.file_keys
import keepone.reference.block
import keepone.stages.block
from keepone.engines.duckdb import DuckDBEngine
from keepone.settings import BlockSettings, Settings
from keepone.stages.block import block
from tests.matching.runs import assert_same_by_both
from tests.matching.tables import Matchable, Record, Tables

_ENGINE = DuckDBEngine(threads=2)


def _pairs(types: dict[str, str], records: Sequence[Record]) -> list[tuple[int, int]]:
    made = block(_ENGINE, BlockSettings(), **Matchable(types, records).tables())
    return [(line["l"], line["r"]) for line in made["candidates"].to_pylist()]


def _names(*names: str) -> list[Record]:
    return [{"name": {"tokens": name.split()}} for name in names]


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("raistsmoox", "raistsmoox zyxelon", True),
        ("blue sky", "bluesky", True),
        # One letter wrong, missing, added, or two that changed places, in words of five or more.
        ("acmee", "acmes", True),
        ("acmee", "acme", False),
        ("zyxelon", "zyxeln", True),
        ("zyxelon", "zyxleon", True),
        ("zyxelon", "zyxelona", True),
        ("zyxelon", "zyxlean", False),
        ("acme", "acmo", False),
        ("acme", "flurb", False),
    ],
)
def test_names_meet(one: str, other: str, meet: bool) -> None:
    assert _pairs({"name": "organisation"}, _names(one, other)) == [(0, 1)] * meet


@pytest.mark.parametrize(
    ("type_", "one", "other", "meet"),
    [
        ("phone", {"value": "+15551234567"}, {"value": "5551234567"}, True),
        ("phone", {"value": "+15551234567"}, {"value": "+15551234568"}, False),
        ("phone", {"value": "123456"}, {"value": "0123456"}, False),
        ("city", {"value": "springfield"}, {"value": "springvale"}, True),
        ("city", {"value": "york"}, {"value": "yorkshire"}, False),
        ("street", {"number": "12", "tokens": ["elm", "street"]},
         {"number": "12", "tokens": ["elm", "avenue"]}, True),
        ("email", {"value": "a@acme.com", "domain": "acme.com"},
         {"value": "b@acme.com", "domain": "acme.com"}, True),
        ("people", {"people": ["smith a", "li b"]}, {"people": ["smyth a"]}, True),
        ("date", {"value": "1980-03-04"}, {"value": "1980-03-05"}, False),
    ],
)  # fmt: skip
def test_values_meet(type_: str, one: dict[str, Any], other: dict[str, Any], meet: bool) -> None:
    assert _pairs({"field": type_}, [{"field": one}, {"field": other}]) == [(0, 1)] * meet


def test_a_domain_meets_the_name_it_spells() -> None:
    types = {"name": "organisation", "website": "web"}
    domain = {"website": {"value": "bluesky.com", "name": "bluesky"}}
    named = {"name": {"tokens": ["blue", "sky"]}}
    also_named = {"name": {"tokens": ["flurb"], "aliases": ["blue sky"]}}
    assert _pairs(types, [domain, named, also_named]) == [(0, 1), (0, 2), (1, 2)]


def test_a_mail_domain_meets_the_website() -> None:
    types = {"website": "web", "email": "email"}
    website = {"website": {"value": "acme.com", "name": "acme"}}
    mail = {"email": {"value": "info@acme.com", "domain": "acme.com"}}
    assert _pairs(types, [website, mail]) == [(0, 1)]


def _in_town(city: str, postal_code: str, name: str) -> Record:
    return {
        "name": {"tokens": [name]},
        "city": {"value": city},
        "postal_code": {"value": postal_code},
    }


_TOWN = {"name": "organisation", "city": "city", "postal_code": "postal_code"}


def test_a_shared_town_is_no_reason_unless_it_is_tiny() -> None:
    few = [_in_town("york", f"1000{at}", f"{'abcde'[at] * 5}") for at in range(4)]
    assert len(_pairs(_TOWN, few)) == 6
    assert _pairs(_TOWN, [*few, _in_town("york", "10009", "zzzzz")]) == []


def test_two_reasons_that_are_none_make_one() -> None:
    """Five share a town and five a postal code, three of them both."""
    records = [
        _in_town(city, postal_code, name * 5)
        for city, postal_code, name in (
            ("york", "10001", "a"), ("york", "10001", "b"), ("york", "10001", "c"),
            ("york", "10002", "d"), ("york", "10003", "e"),
            ("bath", "10001", "f"), ("hull", "10001", "g"),
        )
    ]  # fmt: skip
    assert _pairs(_TOWN, records) == [(0, 1), (0, 2), (1, 2)]


def test_equal_records_are_a_pair_of_their_own() -> None:
    names = _names("acme", "acme", "flurb", "acme")
    made = block(_ENGINE, BlockSettings(), **Matchable({"name": "organisation"}, names).tables())
    assert made["candidates"].to_pylist() == [{"l": 0, "r": 0, "keys": 0}]


def test_what_a_key_found_and_cost_is_told() -> None:
    types = {"name": "organisation", "phone": "phone"}
    records: list[Record] = [
        {"name": {"tokens": ["acme"]}, "phone": {"value": "5551234567"}},
        {"name": {"tokens": ["acme"]}, "phone": {"value": "15551234567"}},
        {"name": {"tokens": ["flurb"]}, "phone": {"value": "15551234567"}},
    ]
    told = block(_ENGINE, BlockSettings(), **Matchable(types, records).tables())["blocking"]
    name, phone = told.to_pylist()
    nothing_capped = {"capped_blocks": 0, "capped_pairs": 0, "lost_pairs": 0, "cap": 3}
    # A name is a key as a word and as a whole. Name and phone bear half of the first pair each,
    # and the phone the two others.
    assert name == nothing_capped | {
        "key": 0, "name": "name", "blocks": 2, "pairs": 1, "alone": 0, "cost": 0,
    }  # fmt: skip
    assert phone == nothing_capped | {
        "key": 1, "name": "phone", "blocks": 1, "pairs": 3, "alone": 2, "cost": 2,
    }  # fmt: skip


def _spelt(number: int) -> str:
    """Return a word that differs from that of any other number in two letters at least."""
    return "".join("abcdefghij"[int(digit)] * 2 for digit in f"{number:04d}")


def _one_phone(records: int) -> Tables:
    shared = {"phone": {"value": "+15551234567"}}
    names: list[Record] = [shared | {"name": {"tokens": [_spelt(at)]}} for at in range(records)]
    return Matchable({"name": "organisation", "phone": "phone"}, names).tables()


def test_a_strong_value_that_many_share_is_never_capped_away() -> None:
    """Each of 900 records with one phone still meets the six that come next by their content."""
    made = assert_same_by_both(_one_phone(900), _ENGINE, until="block")
    apart = [line["r"] - line["l"] for line in made["candidates"].to_pylist()]
    assert len(apart) == sum(min(6, 899 - at) for at in range(900))
    assert set(apart) == {1, 2, 3, 4, 5, 6}
    told = made["blocking"].to_pylist()[1]
    assert (told["capped_blocks"], told["capped_pairs"]) == (1, 900 * 899 // 2)
    assert told["lost_pairs"] == told["capped_pairs"] - len(apart)


def test_nor_is_it_when_nearly_all_share_it() -> None:
    made = block(_ENGINE, BlockSettings(), **_one_phone(1_100))
    assert made["candidates"].num_rows > 0


def test_a_field_may_be_called_as_any_table_is() -> None:
    records = [{"features": {"value": "a"}}] * 2
    assert _pairs({"features": "identifier"}, records) == [(0, 0)]


def test_a_file_without_keys_has_no_pairs() -> None:
    assert _pairs({"country": "country"}, [{"country": {"value": "us"}}, {}]) == []


def _messy(count: int, seed: int) -> Tables:
    """Make records whose every value is shared by many."""
    chance = random.Random(seed)
    words = [
        "acme", "amcee", "global", "globel", "blue", "sky", "bluesky", "royal", "river", "stone",
    ]  # fmt: skip

    def some(values: Sequence[str]) -> str | None:
        return chance.choice([None, *values, *values])

    def record() -> Record:
        tokens = chance.choices(words, k=chance.randint(1, 3))
        domain = chance.choice(words)
        return {
            "name": {
                "tokens": tokens,
                "aliases": [" ".join(chance.choices(words, k=2))]
                if chance.random() < 0.2
                else None,
            },
            "phone": {"value": some([f"+1555000{at:04d}" for at in range(9)])},
            "website": {"value": f"{domain}.com", "name": domain},
            "mail": {"value": some(["a@acme.com", "b@acme.com"]), "domain": some(["acme.com"])},
            "street": {"number": some("1234"), "tokens": [chance.choice(words), "street"]},
            "city": {"value": some(["springfield", "springfeild", "springvale", "york"])},
            "region": {"value": some(["ca", "ny", "tx"])},
            "postal_code": {"value": some([f"9000{at}" for at in range(6)])},
            "category": {"value": some(["shop", "school", "bank"])},
        }

    types = {
        "name": "organisation", "phone": "phone", "website": "web", "mail": "email",
        "street": "street", "city": "city", "region": "region", "postal_code": "postal_code",
        "category": "category",
    }  # fmt: skip
    return Matchable(types, [record() for _ in range(count)]).tables()


@pytest.mark.parametrize("pairs_per_record", [1, 4, 20])
def test_a_small_budget(monkeypatch: pytest.MonkeyPatch, pairs_per_record: int) -> None:
    """Blocks are capped, keys crossed twice, and strong values still find neighbours."""
    for module in (keepone.stages.block, keepone.reference.block):
        monkeypatch.setattr(module, "_FREE_PAIRS", 0)
    settings = Settings(block=BlockSettings(pairs_per_record=pairs_per_record))
    made = assert_same_by_both(_messy(150, pairs_per_record), _ENGINE, settings, until="block")
    assert any(told["capped_blocks"] for told in made["blocking"].to_pylist())


@pytest.mark.parametrize("share", [1, 10, 50])
def test_a_share_of_the_pairs(monkeypatch: pytest.MonkeyPatch, share: int) -> None:
    """Records whose blocks the whole budget would have paid for are told, and no others."""
    for module in (keepone.stages.block, keepone.reference.block):
        monkeypatch.setattr(module, "_FREE_PAIRS", 0)
    given = _messy(150, share)
    whole = Settings(block=BlockSettings(pairs_per_record=60))
    part = Settings(block=BlockSettings(pairs_per_record=60, share=share))
    all_of_them = assert_same_by_both(given, _ENGINE, whole, until="block")
    made = assert_same_by_both(given, _ENGINE, part, until="block")
    assert not all_of_them["left_out"].num_rows
    told = set(made["left_out"].column("row").to_pylist())
    assert told
    # A pair that is missing now, and that one key made before, has ends that were told.
    pairs, before = (
        {(line["l"], line["r"]) for line in each["candidates"].to_pylist()}
        for each in (made, all_of_them)
    )
    assert len(pairs) < len(before)
    lost = [pair for pair in before - pairs if not told.issuperset(pair)]
    assert not lost


def test_the_reference_knows_the_numbers_of_the_stage() -> None:
    """Files as short as tests have them do not show each of these."""
    of_stage = (
        "_FREE_PAIRS", "TINY_BLOCK", "_BUDGET_SHARES", "_MOST_CROSSED", "MOST_NEAR",
        "_NEIGHBOURS_EACH",
    )  # fmt: skip
    for module, names in (
        (keepone.stages.block, of_stage),
        (keepone.file_keys, ("_MOST_SHARE", "_LEAST_LARGEST")),
    ):
        for name in names:
            assert getattr(keepone.reference.block, name) == getattr(module, name), name
