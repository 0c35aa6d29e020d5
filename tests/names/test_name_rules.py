"""The rule data: every spelling is met where it stands, and no two rules contradict each other."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest

from keepone.kernels.names import normalize_names
from keepone.rules.aliases import alias_marks
from keepone.rules.files import rule_yaml
from keepone.rules.legal_forms import legal_forms
from keepone.rules.name_words import name_words
from keepone.rules.placeholders import placeholders

FOLDED = re.compile("[a-z0-9]+(?: [a-z0-9]+)*")


def rows_of(values: list[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = normalize_names(pa.array(values, pa.string())).to_pylist()
    return rows


def test_every_suffix_is_taken_off_and_classed() -> None:
    forms = legal_forms()
    spellings = list(forms.suffix)
    rows = rows_of([f"Zyxel Raistsmoox {' '.join(spelling)}" for spelling in spellings])
    for spelling, row in zip(spellings, rows, strict=True):
        assert row["tokens"] == ["zyxel", "raistsmoox"], spelling
        assert row["legal"] == forms.suffix[spelling], spelling


def test_every_prefix_is_taken_off_and_classed() -> None:
    forms = legal_forms()
    spellings = list(forms.prefix)
    rows = rows_of([f"{' '.join(spelling)} Zyxel Raistsmoox" for spelling in spellings])
    for spelling, row in zip(spellings, rows, strict=True):
        assert (row["tokens"], row["legal"]) == (
            ["zyxel", "raistsmoox"],
            forms.prefix[spelling],
        ), spelling


def test_every_native_form_is_read() -> None:
    native = list(legal_forms().native)
    rows = rows_of([f"Zyxel {form} " for form in native])
    assert [
        form for form, row in zip(native, rows, strict=True) if row["tokens"] != ["zyxel"]
    ] == []
    assert [form for form, row in zip(native, rows, strict=True) if row["legal"] is None] == []


def test_every_middle_form_is_taken_out() -> None:
    middles = list(legal_forms().middle)
    rows = rows_of([f"Zyxel {' '.join(form)} Raistsmoox" for form in middles])
    assert [row["tokens"] for row in rows] == [["zyxel", "raistsmoox"]] * len(middles)


def test_hundreds_of_legal_forms_are_known() -> None:
    assert len(legal_forms().suffix) > 1000
    assert len({form for form in legal_forms().suffix.values() if form}) > 60


def test_words_are_folded_and_canonical_words_are_no_spellings() -> None:
    words = name_words()
    for word in {*words.canonical, *words.canonical.values(), *words.articles, *words.joiners}:
        assert FOLDED.fullmatch(word), word
    contextual = {*words.articles, *words.joiners, *words.tens, *words.romans}
    assert not contextual & set(words.canonical)
    assert not set(words.phrases.values()) & set(words.canonical)


def test_spellings_give_their_canonical_word() -> None:
    words = name_words()
    rows = rows_of([f"Zyxel {spelling} Raistsmoox" for spelling in words.canonical])
    assert [row["tokens"] for row in rows] == [
        ["zyxel", word, "raistsmoox"] for word in words.canonical.values()
    ]


def test_every_placeholder_is_flagged() -> None:
    rules = placeholders()
    junk = sorted(rules.names | rules.words)
    assert [name for name, row in zip(junk, rows_of(junk), strict=True) if not row["flag"]] == []


def test_placeholder_words_in_a_longer_name_are_not_flagged() -> None:
    words = sorted(placeholders().words - set(placeholders().notes))
    rows = rows_of([f"{word} Raistsmoox Council" for word in words])
    assert {row["flag"] for row in rows} == {None}


def test_notes_at_either_end_mark_junk_and_are_no_tokens() -> None:
    notes = placeholders().notes
    rows = rows_of([f"{note} - Zyxel" for note in notes] + [f"Zyxel ({note})" for note in notes])
    assert {tuple(row["tokens"]) for row in rows} == {("zyxel",)}
    assert {row["flag"] for row in rows[: len(notes)]} == {"placeholder_name"}


def test_every_alias_mark_parts_two_names() -> None:
    data = rule_yaml("aliases.yaml")
    marks = [*data["letters"], *data["slashed"], *data["words"]]
    rows = rows_of([f"Zyxel {mark} Raistsmoox" for mark in marks])
    for mark, row in zip(marks, rows, strict=True):
        assert (row["tokens"], row["aliases"]) == (["zyxel"], ["raistsmoox"]), mark


@pytest.mark.parametrize("contact", rule_yaml("aliases.yaml")["contacts"])
def test_contacts_are_no_names(contact: str) -> None:
    assert rows_of([f"Zyxel {contact}: Raistsmoox"])[0]["aliases"] is None


def test_bracket_notes_are_dropped() -> None:
    notes = sorted(alias_marks().notes)
    rows = rows_of([f"Zyxel [{note}]" for note in notes])
    assert {tuple(row["tokens"]) for row in rows} == {("zyxel",)}


@pytest.mark.parametrize(
    "file", ["legal_forms.yaml", "name_words.yaml", "placeholders.yaml", "aliases.yaml"]
)
def test_rule_files_hold_text_only(file: str) -> None:
    def leaves(value: Any, path: str) -> list[str]:
        if isinstance(value, dict):
            return [leaf for key in value for leaf in leaves(value[key], f"{path}.{key}")]
        if isinstance(value, list):
            return [leaf for item in value for leaf in leaves(item, path)]
        flag = isinstance(value, bool) and path.rsplit(".", 1)[-1] in {"kept", "generic"}
        return [] if isinstance(value, str) or flag else [f"{path}: {value!r}"]

    assert leaves(rule_yaml(file), file) == []
