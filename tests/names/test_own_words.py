"""Words that a user adds to the rules of names: what they mean, and what is refused."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepone.errors import SettingsError
from keepone.kernels.names import normalize_names
from keepone.reference.names import normalize_name
from keepone.rules.legal_forms import legal_forms
from keepone.rules.own_words import NO_WORDS, OwnWords, fold

from .strategies import name

OWN = OwnWords.of(
    {
        "Orchard": ["Orcd.", "hrbr"],
        "harbour": ["hqr"],
        "metalworks": ["mtw", "Int'l"],
        "hub": ["center"],
    },
    {"llc": ["Delaware LLC & Partners"], "Qrt": ["qrt", "Q.R.T."], "gmbh": ["stuff"]},
)


def read(text: str, own: OwnWords = OWN) -> dict[str, Any]:
    (row,) = normalize_names(pa.array([text]), own).to_pylist()
    return dict(row)


@pytest.mark.parametrize(
    ("text", "tokens", "legal"),
    [
        ("Sydney ORCD", ["sydney", "orchard"], None),
        # A shipped spelling leads on to its word.
        ("Sydney Hqr", ["sydney", "harbor"], None),
        ("Acme INT'L Qrt.", ["acme", "metalworks"], "qrt"),
        ("Acme Q.R.T.", ["acme"], "qrt"),
        ("Acme Delaware LLC and Partners", ["acme"], "llc"),
        # Spellings of a shipped word that was given another go with it.
        ("Shopping Ctr", ["shopping", "hub"], None),
        ("Acme GmbH", ["acme"], "gmbh"),
    ],
)
def test_added_words_are_read(text: str, tokens: list[str], legal: str | None) -> None:
    found = read(text)
    assert (found["tokens"], found["legal"]) == (tokens, legal)
    reference = normalize_name(text, OWN)
    assert (reference.tokens, reference.legal) == (tokens, legal)


def test_what_is_added_leaves_the_shipped_rules_alone() -> None:
    assert read("Sydney Orcd Qrt", OWN)["tokens"] == ["sydney", "orchard"]
    assert read("Sydney Orcd Qrt", NO_WORDS)["tokens"] == ["sydney", "orcd", "qrt"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(name, st.sampled_from(["Orcd", "ctr llc qrt", "stuff mtw"])), max_size=8))
def test_the_reference_reads_them_alike(values: list[str]) -> None:
    rows = normalize_names(pa.array(values, pa.string()), OWN).to_pylist()
    for value, row in zip(values, rows, strict=True):
        found = normalize_name(value, OWN)
        assert (row["tokens"] or [], row["legal"]) == (found.tokens, found.legal)
        assert (row["aliases"] or []) == found.aliases


def test_the_order_in_which_words_are_written_is_nothing() -> None:
    assert OwnWords.of({"a": ["b", "c"], "d": ["e"]}, {}) == OwnWords.of(
        {"D": ["E"], "A": ["c", "b", "a"]}, {}
    )


@pytest.mark.parametrize("text", ["A.G. Int'l & Söhne", "株式会社", "", "-", "L.L.C."])
def test_folding_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("abbreviations", "forms", "says"),
    [
        ({"a": ["x"], "b": ["x"]}, {}, "stands for 'a' and for 'b'"),
        ({"a": ["b"], "b": ["c"]}, {}, "has spellings too"),
        ({"two words": ["tw"]}, {}, "not one word"),
        ({"second": ["2nd"]}, {}, "not one word"),
        ({"a": ["--"]}, {}, "no letter"),
        ({}, {"llc": ["zz"], "gmbh": ["zz"]}, "stands for"),
    ],
)
def test_contradictions_are_refused(
    abbreviations: dict[str, list[str]], forms: dict[str, list[str]], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        OwnWords.of(abbreviations, forms)


def test_a_word_that_comes_back_to_itself_is_refused() -> None:
    own = OwnWords.of({"ctr": ["center"]}, {})
    with pytest.raises(SettingsError, match="stand for each other"):
        legal_forms(own)


def test_legal_forms_that_become_one_are_refused() -> None:
    with pytest.raises(SettingsError, match="two legal forms become one"):
        legal_forms(OwnWords.of({"inc": ["llc"]}, {}))
