"""Learns src/keepone/rules/model_prior.csv: what each level of agreement is worth, by field type.

    python -m bench.accuracy.learn_prior [--leave-out SET] [--out FILE]

Counts, over the candidate pairs of every labelled set, how often matches and non-matches show each
level. A set's field counts for at most `_MOST` pairs, so that a large set does not drown the rest,
and sets of one origin (all generated accounts) for as many as the root of their number.
A type that few sets have leans on all types that are compared in the same way.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.accuracy.sets import LabelledSet, labelled_sets, read_truth
from keepone.engines.duckdb import DuckDBEngine
from keepone.kernels.comparisons import COMPARISONS
from keepone.kernels.pair_levels import compared_fields, levels_of_pairs
from keepone.pipeline import STAGES
from keepone.readers import open_sources
from keepone.rules.model_prior import model_rules
from keepone.settings import Settings

_OUT = Path(__file__).resolve().parents[2] / "src" / "keepone" / "rules" / "model_prior.csv"
_MOST = 3_000.0
# Fewer labelled pairs than these in a set's field teach nothing.
_LEAST = 30
# How many pairs the other types of the same comparison, and even shares, weigh in a type's shares.
_SHAPE_PAIRS = 150.0
_EVEN_PAIRS = 5.0
# What a vague type means differs from file to file: the years of papers, in which no two matches
# differ, tell nothing of ages and prices. Of one that fewer sets have, this share of what matches
# show is taken to be as among other pairs.
_ENOUGH_SETS, _UNKNOWN = 2, 0.5

# Types that are compared in the same way lean on each other only where agreement means alike: a
# shared phone number finds a record, a shared country hardly.
_KINDS = {
    "contact": ("phone", "email", "web", "identifier"),
    "place": ("city", "region", "postal_code", "country", "street_number"),
}

Floats = npt.NDArray[np.float64]
Counts = dict[str, tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many pairs of a set's field show each level: matches and other pairs."""

    origin: str
    type: str
    matches: Floats
    others: Floats


def candidates_of(records: Path) -> dict[str, Any]:
    """Return what the stages up to blocking make of a file: nothing there hangs on a prior."""
    settings = Settings()
    table: dict[str, Any] = {"sources": open_sources(records, settings.ingest)}
    with closing(DuckDBEngine()) as engine:
        for stage in STAGES:
            reads = {name: table[name] for name in stage.reads}
            table |= stage.run(engine, getattr(settings, stage.name), **reads)
            if stage.name == "block":
                break
    return table


def count_levels(labelled: LabelledSet) -> list[Counted]:
    """Return how many pairs show each level, per compared field of a set."""
    table = candidates_of(labelled.records)
    ids = {key: row for row, key in enumerate(table["records"].column("record_id").to_pylist())}
    left = table["candidates"].column("l").to_numpy().astype(np.int64)
    right = table["candidates"].column("r").to_numpy().astype(np.int64)
    representative = table["distinct"].column("representative").to_numpy()
    # Equal records were collapsed: each makes a pair with the one that stands for it.
    equal = np.flatnonzero(representative != np.arange(len(representative)))
    apart = left != right
    left = np.concatenate((left[apart], representative[equal]))
    right = np.concatenate((right[apart], representative[equal]))
    other = np.concatenate((right[: apart.sum()], equal))
    truth = read_truth(labelled.truth)
    if labelled.kind == "clusters":
        entity_of = dict(
            zip(
                truth.column("record_id").to_pylist(),
                truth.column("entity_id").to_pylist(),
                strict=True,
            )
        )
        entities = np.array([entity_of.get(key, f"?{key}") for key in ids])
        code = np.unique(entities, return_inverse=True)[1]
        matched = code[left] == code[other]
    else:
        # A pair that nobody labelled is taken for a non-match: nearly all candidate pairs are.
        verdict: dict[tuple[int, int], bool] = {}
        for id_l, id_r, match in zip(*(truth.column(i).to_pylist() for i in range(3)), strict=True):
            a, b = sorted((int(representative[ids[id_l]]), int(representative[ids[id_r]])))
            verdict[a, b] = match == "1"
        pairs = list(zip(left.tolist(), right.tolist(), strict=True))
        matched = np.array([verdict.get(pair, False) for pair in pairs])
    # Names as they stand: many files do not say the towns that their names do.
    compared = [
        replace(each, column=replace(each.column, of_towns=None))
        for each in compared_fields(table["fields"], table["features"], table["distinct"])
    ]
    shown: list[Floats] = [np.zeros((2, len(each.comparison.levels))) for each in compared]
    for part, levels in levels_of_pairs(compared, left, right, threads=2):
        for counts, own in zip(shown, levels, strict=True):
            for is_match in (0, 1):
                pick = matched[part] == bool(is_match)
                counts[is_match] += np.bincount(own[pick], minlength=counts.shape[1])
    return [
        Counted(labelled.origin, each.type, counts[1, 1:], counts[0, 1:])
        for each, counts in zip(compared, shown, strict=True)
    ]


def _shape(type_: str) -> tuple[str, ...]:
    """Return what types must have in common to lean on each other."""
    kind = next((name for name, types in _KINDS.items() if type_ in types), "other")
    return (kind, *COMPARISONS[type_].levels)


def pool(counted: list[Counted]) -> Counts:
    """Return m and u by type over all sets, every type leaning on those compared likewise."""
    by_type: dict[str, dict[str, list[Floats]]] = defaultdict(lambda: defaultdict(list))
    for each in counted:
        pairs = (each.matches, each.others)
        if min(own.sum() for own in pairs) >= _LEAST:
            capped = [own * min(1.0, _MOST / own.sum()) for own in pairs]
            by_type[each.type][each.origin].append(np.stack(capped))
    sums = {
        type_: np.sum(
            [np.sum(sets, axis=0) / len(sets) ** 0.5 for sets in origins.values()], axis=0
        )
        for type_, origins in by_type.items()
    }
    shapes: dict[tuple[str, ...], list[Floats]] = defaultdict(list)
    for type_, both in sums.items():
        shapes[_shape(type_)].append(both / both.sum(axis=1, keepdims=True))
    shares: Counts = {}
    for type_, comparison in COMPARISONS.items():
        size = len(comparison.levels) - 1
        even = np.full((2, size), _EVEN_PAIRS / size)
        alike = shapes.get(_shape(type_))
        shape = np.mean(alike, axis=0) * _SHAPE_PAIRS if alike else np.zeros((2, size))
        both = sums.get(type_, np.zeros((2, size))) + shape + even
        seen = sums.get(type_, np.zeros((2, size))).sum(axis=0)
        both /= both.sum(axis=1, keepdims=True)
        if type_ in model_rules().vague and len(by_type[type_]) < _ENOUGH_SETS:
            both[0] += _UNKNOWN * (both[1] - both[0])
        shares[type_] = _falling(both, seen, comparison.levels[1:])
    return shares


def _falling(both: Floats, seen: Floats, levels: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Let a grade of agreement that hardly a pair showed weigh a bit less than the one before."""
    m, u = both
    grades = [i for i, level in enumerate(levels) if "shared by" in level]
    for before, grade in pairwise(grades):
        if seen[grade] < _LEAST:
            u[grade] = m[grade] * min(2 * u[before] / m[before], 1.0)
    return m, u


def write_prior(shares: Counts, sets: list[str], out: Path) -> None:
    """Write the shares as the rule file, with its sources in the header."""
    lines = [
        "# Share of matches (m) and of non-matching candidate pairs (u) that show each level.",
        f"# Made by bench/accuracy/learn_prior.py from: {', '.join(sets)}.",
        "type,level,m,u",
    ]
    for type_, (m, u) in shares.items():
        for level, own_m, own_u in zip(COMPARISONS[type_].levels[1:], m, u, strict=True):
            lines.append(f'{type_},"{level}",{own_m:.6g},{own_u:.6g}')
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Learn the prior and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leave-out", help="a set that is not learned from")
    parser.add_argument("--out", type=Path, default=_OUT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        sets = [each for each in labelled_sets(Path(scratch)) if each.name != options.leave_out]
        counted: list[Counted] = []
        for labelled in sets:
            counted += count_levels(labelled)
        write_prior(pool(counted), [each.name for each in sets], options.out)


if __name__ == "__main__":
    main()
