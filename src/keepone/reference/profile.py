"""Profile, value by value: the measurements behind `fields` in plain Python.

The decisions themselves are rules (`rules/column_types`, `rules/column_fields`) and are shared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TypeVar

import pyarrow as pa
from anyascii import anyascii

from keepone.engine import Engine
from keepone.rules.column_evidence import (
    GLANCE,
    LONG,
    SAMPLE,
    WEIGHT_CAP,
    WIDTH,
    ColumnEvidence,
    Overlap,
    Sample,
)
from keepone.rules.column_fields import choose_fields
from keepone.rules.columns import column_rules
from keepone.schema import FIELDS
from keepone.settings import ProfileSettings

_BLANKS = " \t\r\n\u00a0"

_Drawn = TypeVar("_Drawn")


def profile(
    engine: Engine,  # noqa: ARG001 - the same contract as the stage
    settings: ProfileSettings,
    *,
    records: pa.Table,
    inputs: pa.Table,
    headers: pa.Table,
) -> dict[str, pa.Table]:
    """Return `fields`, measured one value at a time."""
    ids = {record["row"]: record for record in records.to_pylist()}
    rows = sorted(inputs.to_pylist(), key=lambda record: int(record["row"]))
    datasets = [ids[record["row"]]["dataset"] for record in rows]
    cells = {
        header["column"]: [record[header["column"]] for record in rows]
        for header in headers.to_pylist()
    }
    titles = {header["column"]: header["header"] for header in headers.to_pylist()}
    keys = [_spellings(ids[record["row"]]) for record in rows]
    record_ids = _record_ids(cells, keys, datasets)

    def evidence_of(columns: Sequence[str]) -> ColumnEvidence:
        values = _together([cells[column] for column in columns])
        is_record_id = columns[0] in record_ids
        header = titles[columns[0]]
        return _evidence(columns[0], header, values, datasets, is_record_id=is_record_id)

    evidence = [evidence_of([column]) for column in cells]
    choices = choose_fields(
        evidence,
        settings.map,
        settings.ignore,
        evidence_of,
        lambda left, right: _overlap(
            _together([cells[column] for column in left]),
            _together([cells[column] for column in right]),
        ),
    )
    columns = {
        "column": [choice.column for choice in choices],
        "header": [seen.header for seen in evidence],
        "field": [choice.field for choice in choices],
        "type": [choice.type for choice in choices],
        "filled": [seen.filled for seen in evidence],
        "distinct": [seen.distinct for seen in evidence],
        "compared": [choice.compared for choice in choices],
        "why": [choice.why for choice in choices],
        "datasets": [
            None if set(datasets) <= seen.datasets else sorted(seen.datasets) for seen in evidence
        ],
    }
    return {"fields": pa.table(columns, schema=FIELDS.arrow())}


def _together(columns: Sequence[Sequence[str | None]]) -> list[str | None]:
    """Return each record's value of the first column that has one."""
    return [
        next((value for value in values if value is not None), None)
        for values in zip(*columns, strict=True)
    ]


def _spellings(record: dict[str, str]) -> set[str]:
    """Return how the record's id may have stood in the file."""
    record_id = record["record_id"]
    short = {record_id[-18:-3]} if len(record_id) >= 18 else set()
    return {record_id, record_id.removeprefix(f"{record['dataset']}:")} | short


def _record_ids(
    cells: Mapping[str, Sequence[str | None]], keys: Sequence[set[str]], datasets: Sequence[str]
) -> set[str]:
    """Return for each dataset the first column that holds its ids."""
    found: dict[str, str] = {}
    for column, values in cells.items():
        held = {at for at, value in zip(datasets, values, strict=True) if value is not None}
        if held - found.keys() and _are_record_ids(values, keys, len(held)):
            found |= {dataset: column for dataset in held if dataset not in found}
    return set(found.values())


def _are_record_ids(values: Sequence[str | None], keys: Sequence[set[str]], datasets: int) -> bool:
    held = [
        (value.strip(_BLANKS), key)
        for value, key in zip(values, keys, strict=True)
        if value is not None and value.strip(_BLANKS)
    ]
    raw = {value for value in values if value is not None and value.strip(_BLANKS)}
    once = len(held) <= len(raw) * datasets
    return bool(held) and once and all(value in key for value, key in held)


def _evidence(
    column: str,
    header: str,
    values: Sequence[str | None],
    datasets: Sequence[str],
    *,
    is_record_id: bool,
) -> ColumnEvidence:
    present = [value for value in values if value is not None and value.strip(_BLANKS)]
    held = {at for at, value in zip(datasets, values, strict=True) if value is not None}
    return ColumnEvidence(
        column=column,
        header=header,
        records=sum(at in held for at in datasets) if held else len(values),
        filled=len(present),
        distinct=len(set(present)),
        is_record_id=is_record_id,
        sample=_sample([value for value in values if value is not None]),
        datasets=frozenset(held),
        glance=_glance(values),
    )


def _glance(values: Sequence[str | None]) -> frozenset[tuple[int, str]]:
    seen = min(len(values), GLANCE)
    rows = [values[index * len(values) // seen] for index in range(seen)]
    texts = ["".join(re.findall("[a-z0-9]", _plain(value or ""))) for value in rows]
    return frozenset((row, text) for row, text in enumerate(texts) if text)


def _evenly(filled: Sequence[_Drawn]) -> list[_Drawn]:
    drawn = min(len(filled), SAMPLE)
    return [filled[index * len(filled) // drawn] for index in range(drawn)]


def _sample(values: Sequence[str]) -> Sample:
    drawn = [value.strip(_BLANKS) for value in _evenly(values) if value.strip(_BLANKS)]
    counts = Counter(drawn)
    weights = {
        value: min(count, WEIGHT_CAP)
        for value, count in counts.items()
        if not _is_blank(_words(_plain(value)))
    }
    total = sum(weights.values())
    held: Counter[str] = Counter()
    tokens = 0
    for value, weight in weights.items():
        lower = _plain(value)
        tokens += weight * len(_words(lower).split())
        held.update({name: weight for name, holds in SHAPES.items() if holds(lower)})
    return Sample(
        shares={name: held[name] * 1000 // total if total else 0 for name in SHAPES},
        tokens=tokens * 10 // total if total else 0,
        drawn=len(drawn),
        top=max(counts.values(), default=0),
        telling=len(weights),
    )


def _plain(value: str) -> str:
    cut = value[:WIDTH]
    text = (cut if cut.isascii() else anyascii(cut)).lower()
    return re.sub("[ \t\r\n\x0b\x0c]+", " ", text).strip(" ")


def _words(lower: str) -> str:
    return re.sub("[^a-z0-9]+", " ", re.sub("['.`]", "", lower)).strip(" ")


def _is_blank(words: str) -> bool:
    return not words or words in column_rules().words["blank_words"]


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(column_rules().patterns[name])


def _looks(name: str, lower: str) -> bool:
    return _pattern(name).fullmatch(lower) is not None


def _has_digit(text: str) -> bool:
    return any(character in "0123456789" for character in text)


def _one_of(list_name: str, lower: str) -> bool:
    return any(word in column_rules().words[list_name] for word in _words(lower).split())


def _is_email(lower: str) -> bool:
    return _looks("email", lower)


def _is_web(lower: str) -> bool:
    return _looks("web", lower) and not _is_email(lower)


def _is_phone(lower: str) -> bool:
    parted = any(character not in "0123456789" for character in lower)
    other = _looks("not_phone", lower) or _looks("date", lower)
    return _looks("phone", lower) and parted and not other


def _is_code(lower: str) -> bool:
    coded = _looks("code", lower) and _has_digit(lower)
    return coded and not _is_email(lower) and not _is_web(lower)


def _is_given(lower: str) -> bool:
    names = column_rules().words["given_names"]
    words = _words(lower).split()
    after_comma = re.match("[^ ,]+, ?([a-z]+)", lower)
    return bool(words and words[0] in names) or bool(after_comma and after_comma[1] in names)


def _has_street_word(words: str) -> bool:
    endings = "|".join(column_rules().street_endings)
    later = words.split()[1:]
    return any(word in column_rules().words["street_words"] for word in later) or bool(
        re.search(f"[a-z]{{3}}(?:{endings})(?: |$)", words)
    )


def _is_reach(lower: str) -> bool:
    return _is_email(lower) or _is_web(lower) or _is_phone(lower)


def _is_street(lower: str) -> bool:
    words = _words(lower)
    named = _has_street_word(words) or _one_of("street_words", lower)
    box = _looks("box", lower) or (_one_of("box_words", lower) and _has_digit(words))
    line = named and _has_digit(words) and len(words.split()) >= 2
    return (box or line) and not _is_reach(lower) and not _looks("date", lower)


def _has_number(lower: str) -> bool:
    ends = _looks("number_first", lower) or _looks("number_last", lower)
    return ends and len(_words(lower).split()) >= 2


def _is_numbered(lower: str) -> bool:
    return _has_number(lower) and not _is_street(lower) and not _is_reach(lower)


def _is_street_name(lower: str) -> bool:
    words = _words(lower)
    return _has_street_word(words) and not _has_digit(words)


def _is_address(lower: str) -> bool:
    words = _words(lower).split()
    if len(words) < 5 or not _has_digit("".join(words)) or _is_reach(lower):
        return False
    commas = _looks("commas", lower)
    placed = _looks("postal_last", lower) or commas or words[-1] in column_rules().place_ends
    return placed and (_is_street(lower) or _has_number(lower) or commas)


def _plain_pattern(name: str) -> Callable[[str], bool]:
    return lambda lower: _looks(name, lower)


def _word_list(name: str) -> Callable[[str], bool]:
    return lambda lower: _one_of(name, lower)


SHAPES: dict[str, Callable[[str], bool]] = {
    "country": lambda lower: _words(lower) in column_rules().countries,
    "region": lambda lower: _words(lower) in column_rules().regions,
    "city_word": lambda lower: _words(lower) in column_rules().cities,
    "boolean": lambda lower: _words(lower) in column_rules().words["boolean_words"],
    "relationship_words": _word_list("relationship_words"),
    "status_words": _word_list("status_words"),
    "company": _word_list("company_words"),
    "title_word": _word_list("title_words"),
    "given": _is_given,
    **{
        name: _plain_pattern(name)
        for name in (
            "date", "year", "serial_date", "phone_bare", "nanp", "number", "integer", "digits_4_6",
            "clock", "postal", "words", "person", "people",
        )
    },
    "email": _is_email,
    "web": _is_web,
    "phone": _is_phone,
    "postal_loose": lambda lower: _looks("postal_loose", lower) and _has_digit(lower),
    "code": _is_code,
    "letter": lambda lower: re.search("[a-z]{2}", lower) is not None,
    "street": _is_street,
    "numbered": _is_numbered,
    "street_name": _is_street_name,
    "address": _is_address,
    "single": lambda lower: len(_words(lower).split()) == 1,
    "long": lambda lower: len(lower) >= LONG,
}  # fmt: skip
"""Every shape with the test of one value in lower-case ASCII."""


def _overlap(left: Sequence[str | None], right: Sequence[str | None]) -> Overlap:
    both = [
        (one, other)
        for one, other in zip(left, right, strict=True)
        if one is not None and other is not None
    ]
    rows = equal = left_within = right_within = 0
    for one, other in _evenly(both):
        ours = re.findall("[a-z0-9]+", _plain(one))
        theirs = re.findall("[a-z0-9]+", _plain(other))
        if ours and theirs:
            rows += 1
            equal += "".join(ours) == "".join(theirs)
            left_within += set(ours) <= set(theirs)
            right_within += set(theirs) <= set(ours)
    return Overlap(rows, equal, left_within, right_within)
