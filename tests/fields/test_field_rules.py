"""The rule files hold what their loaders promise."""

from __future__ import annotations

import phonenumbers
import pytest
import tldextract
from phonenumbers import PhoneMetadata

from keepone.reference.field_values import folded
from keepone.rules.calling_codes import calling_codes
from keepone.rules.countries import countries
from keepone.rules.domains import domains
from keepone.rules.public_suffixes import public_suffixes
from keepone.rules.regions import regions
from keepone.rules.streets import streets


def test_names_are_normalised_text() -> None:
    names = [
        *countries().by_name,
        *(name for known in regions().by_country.values() for name in known),
        *streets().canonical,
        *streets().unit_words,
    ]
    assert [name for name in names if folded(name) != name] == []


def test_every_country_has_its_codes_and_a_name() -> None:
    rules = countries()
    assert len(rules.codes) == 249
    assert {rules.by_name[code] for code in rules.codes} == rules.codes
    assert rules.by_name["usa"] == rules.by_name["united states"] == "us"
    assert set(rules.postal_digits) <= rules.codes


def test_signs_of_cars_are_countries_of_cells_alone() -> None:
    rules = countries()
    assert [rules.by_cell[sign] for sign in ("d", "a", "f")] == ["de", "at", "fr"]
    assert "d" not in rules.by_name
    assert {rules.by_cell[name] for name in rules.by_name} == rules.codes


def test_regions_are_of_known_countries_and_states_have_zip_codes() -> None:
    rules = regions()
    assert set(rules.by_country) <= countries().codes
    assert set(rules.zips.values()) <= set(rules.by_country["us"])
    assert rules.zips["606"] == "il"
    assert rules.zips["021"] == "ma"
    assert rules.by_country["us"]["new york"] == "ny"
    assert rules.anywhere["bavaria"] == ("de", "by")
    assert "amazonas" not in rules.anywhere or rules.anywhere["amazonas"][0] == "br"


def test_lengths_tell_how_many_words_a_name_has() -> None:
    assert countries().lengths["states"][0] >= 2
    assert regions().lengths["jersey"] == (2,)


@pytest.mark.parametrize("country", sorted(calling_codes().by_country))
def test_numbering_plans_are_those_of_the_library(country: str) -> None:
    plan = calling_codes().by_country[country]
    assert phonenumbers.country_code_for_region(country.upper()) == int(plan.code)
    metadata = PhoneMetadata.metadata_for_region(country.upper())
    assert plan.lengths == set(metadata.general_desc.possible_length)
    if plan.plain == "yes":
        assert metadata.national_prefix_transform_rule is None
        assert (metadata.national_prefix_for_parsing or "") == plan.trunk


def test_public_suffixes_are_those_of_the_library() -> None:
    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    assert public_suffixes() == set(extract.tlds)


def test_platforms_and_mailbox_providers_are_registered_domains() -> None:
    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    rules = domains()
    listed = rules.free_mail | set(rules.path_platforms) | rules.host_platforms
    assert [d for d in listed if extract(d).top_domain_under_public_suffix != d] == []


def test_street_words_have_one_form() -> None:
    rules = streets()
    canonical = set(rules.canonical.values())
    again = {word for word in canonical if rules.canonical.get(word, word) != word}
    assert again == set()
    assert rules.numbered | rules.prefixes <= rules.types
    assert rules.buildings <= rules.units <= rules.unit_words
