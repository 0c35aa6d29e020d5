"""Profile, value by value: the measurements behind `fields` in plain Python.

The decisions themselves are rules (`rules/column_types`, `rules/column_fields`) and are shared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeVar

import pyarrow as pa

from keepone.engine import Engine
from keepone.reference.field_values import folded
from keepone.reference.value_shapes import SHAPES, is_blank, plain, words_of
from keepone.rules.column_evidence import (
    GLANCE,
    SAMPLE,
    WEIGHT_CAP,
    ColumnEvidence,
    Overlap,
    Sample,
)
from keepone.rules.column_fields import choose_fields
from keepone.rules.column_mapping import link_column
from keepone.schema import FIELDS, ORIGINS
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
    """Return `fields`, measured one value at a time, and `origins`."""
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
        types=settings.types,
        link=settings.link,
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
    sources: Sequence[str | None] = []
    if settings.link is not None:
        linked = link_column(settings.link, evidence)
        files = [ids[record["row"]]["source_file"] for record in rows]
        sources = cells[linked.column] if linked else files
    return {"fields": pa.table(columns, schema=FIELDS.arrow()), "origins": _origins(sources)}


def _origins(sources: Sequence[str | None]) -> pa.Table:
    """Return the rows that name a source, each with the rank of its name."""
    named = {
        row: source.strip(_BLANKS)
        for row, source in enumerate(sources)
        if source is not None and folded(source)
    }
    ranked = sorted(set(named.values()))
    lines = [{"row": row, "origin": ranked.index(name)} for row, name in named.items()]
    return pa.Table.from_pylist(lines, schema=ORIGINS.arrow())


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
    texts = ["".join(re.findall("[a-z0-9]", plain(value or ""))) for value in rows]
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
        if not is_blank(words_of(plain(value)))
    }
    total = sum(weights.values())
    held: Counter[str] = Counter()
    tokens = 0
    for value, weight in weights.items():
        lower = plain(value)
        tokens += weight * len(words_of(lower).split())
        held.update({name: weight for name, holds in SHAPES.items() if holds(lower)})
    return Sample(
        shares={name: held[name] * 1000 // total if total else 0 for name in SHAPES},
        tokens=tokens * 10 // total if total else 0,
        drawn=len(drawn),
        top=max(counts.values(), default=0),
        telling=len(weights),
    )


def _overlap(left: Sequence[str | None], right: Sequence[str | None]) -> Overlap:
    both = [
        (one, other)
        for one, other in zip(left, right, strict=True)
        if one is not None and other is not None
    ]
    rows = equal = left_within = right_within = 0
    for one, other in _evenly(both):
        ours = re.findall("[a-z0-9]+", plain(one))
        theirs = re.findall("[a-z0-9]+", plain(other))
        if ours and theirs:
            rows += 1
            equal += "".join(ours) == "".join(theirs)
            left_within += set(ours) <= set(theirs)
            right_within += set(theirs) <= set(ours)
    return Overlap(rows, equal, left_within, right_within)
