"""Compares pairs of records on every compared field of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepone.fields import recognised_fields
from keepone.kernels.columns import Column, Levels, encode_column
from keepone.kernels.comparisons import COMPARISONS, Comparison
from keepone.kernels.encoding import Known, Longs, Rows, Tokens, Values, give_back
from keepone.rules.model_prior import model_rules
from keepone.schema import FREQUENCIES

FieldCounts = Mapping[str, Mapping[str, Known]]
"""How many records carry each value, per field and part."""

# What holds a name, by how its type is compared.
_NAME_PARTS = ("tokens", "people", "value")

# Pairs compared at a time: bounds the working memory, and never changes a result.
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class ComparedField:
    """A field that pairs are compared on, encoded."""

    field: str
    type: str
    comparison: Comparison
    column: Column


def copies_of(distinct: pa.Table) -> Longs:
    """Return how many equal records each row stands for: 0 for those that another stands for."""
    representative = distinct.column("representative").to_numpy()
    return np.bincount(representative, minlength=distinct.num_rows).astype(np.int64)


def known_counts(frequencies: pa.Table) -> FieldCounts:
    """Return, per field and part, how many records of a file carry each value: see FREQUENCIES."""
    known: dict[str, dict[str, Known]] = {}
    for field in pc.unique(frequencies.column("field")).to_pylist():
        mine = frequencies.filter(pc.equal(frequencies.column("field"), field))
        known[field] = {}
        for part in pc.unique(mine.column("part")).to_pylist():
            of_part = mine.filter(pc.equal(mine.column("part"), part))
            known[field][part] = Known(
                of_part.column("value").combine_chunks(), of_part.column("records").to_numpy()
            )
    return known


def compared_fields(
    fields: pa.Table, features: pa.Table, distinct: pa.Table, frequencies: pa.Table | None = None
) -> list[ComparedField]:
    """Encode every compared field, in order of columns.

    With `frequencies` (from a fit), how common a value is comes from there.
    """
    # How common a value is is counted over unequal records: a thousand copies of one record do not
    # make its name a common one; nor do many records of one name make their phone a common one.
    copies = copies_of(distinct)
    counted = np.minimum(copies, 1)
    known = None if frequencies is None else known_counts(frequencies)
    records = int(counted.sum())
    found = _encoded(fields, features, counted, copies, records=records, frequencies=known)
    give_back()
    return found


def compared_rows(
    fields: pa.Table, features: pa.Table, records: int, known: FieldCounts
) -> list[ComparedField]:
    """Encode some rows of a file as `compared_fields` does all of them.

    `records` counts the unequal records of the file, `known` what a fit counted over them.
    """
    once = np.ones(len(features), dtype=np.int64)
    return _encoded(fields, features, once, once, records=records, frequencies=known)


def _encoded(
    fields: pa.Table,
    features: pa.Table,
    counted: Longs,
    copies: Longs,
    *,
    records: int,
    frequencies: FieldCounts | None,
) -> list[ComparedField]:
    found = []
    compared = list(_compared_parts(fields, features))
    carriers = _names(compared)
    give_back()
    # Where one field alone tells, nothing shows that equal records are copies of one: how many
    # carry a name is all there is to know of it.
    alone = model_rules().telling(type_ for _, type_, _ in compared) == 1
    towns = next((parts.get("value") for _, type_, parts in compared if type_ == "city"), None)
    for name, type_, parts in compared:
        comparison = COMPARISONS[type_]
        if "place" in comparison.parts and {"number", "tokens"} <= parts.keys():
            street = pc.binary_join(parts["tokens"], "")
            parts["place"] = pc.binary_join_element_wise(parts["number"], street, " ")
        known = None
        if frequencies is not None:
            known = dict(frequencies.get(name, {}))
            for part in comparison.parts + comparison.lists:
                empty = Known(pa.array([], pa.string()), np.zeros(0, dtype=np.int64))
                known.setdefault(part, empty)
                if part in comparison.lists:
                    known.setdefault(f"{part} glued", empty)
                    known.setdefault(f"{part} held", empty)
        lists = comparison.lists
        column = encode_column(
            comparison.parts,
            lists,
            parts,
            counted,
            whole=copies if alone else counted,
            records=records,
            named=comparison.named,
            persons=comparison.persons,
            known=known,
            carriers=carriers if type_ in model_rules().held else None,
            towns=towns if type_ == "organisation" else None,
        )
        found.append(ComparedField(name, type_, comparison, column))
    return found


def _names(compared: list[tuple[str, str, dict[str, pa.Array]]]) -> Longs | None:
    """Return the whole name of each record as a code, if it is an organisation's.

    Where the records are an organisation's people, their names are part of it. A record without a
    name has a code to itself.
    """
    if all(type_ != "organisation" for _, type_, _ in compared):
        return None
    texts = [
        pc.binary_join(part, "") if pa.types.is_list(part.type) else part
        for _, type_, parts in compared
        if type_ in model_rules().names
        for key in _NAME_PARTS
        if (part := parts.get(key)) is not None
    ]
    whole = pc.binary_join_element_wise(*texts, "\n", null_handling="replace")
    encoded = whole.dictionary_encode()
    codes: Longs = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    says = pc.utf8_trim(whole, "\n")
    nameless = np.flatnonzero(pc.equal(says, "").to_numpy(zero_copy_only=False))
    codes[nameless] = len(encoded.dictionary) + nameless
    return codes


def _compared_parts(
    fields: pa.Table, features: pa.Table
) -> Iterator[tuple[str, str, dict[str, pa.Array]]]:
    """Give name, type and value parts of what is compared, in order of columns.

    The legal form of a company is compared as a field of its own, next to its name.
    """
    for field in recognised_fields(fields):
        if not field.compared or field.type not in COMPARISONS:
            continue
        prefix = field.name + "."
        parts = {
            name.removeprefix(prefix): features.column(name).combine_chunks()
            for name in features.column_names
            if name.startswith(prefix)
        }
        yield field.name, field.type, parts
        if field.type == "organisation" and "legal" in parts:
            yield f"{field.name}.legal", "legal_form", {"value": parts["legal"]}


def levels_of_pairs(
    compared: list[ComparedField], left: Rows, right: Rows, threads: int
) -> Iterator[tuple[slice, list[Levels]]]:
    """Yield, chunk by chunk in order, the level of each field for the pairs of the chunk."""

    def compare(start: int) -> tuple[slice, list[Levels]]:
        part = slice(start, min(start + _CHUNK, len(left)))
        one, other = left[part].astype(np.int64), right[part].astype(np.int64)
        return part, [each.comparison.compare(each.column, one, other) for each in compared]

    with ThreadPoolExecutor(max_workers=max(threads, 1)) as pool:
        yield from pool.map(compare, range(0, len(left), _CHUNK))


def term_frequencies(compared: list[ComparedField]) -> pa.Table:
    """Return how many records carry each value that more than one carries: see FREQUENCIES."""
    tables = []
    for each in compared:
        encoded: list[tuple[str, Values | Tokens]] = list(each.column.values.items())
        for part, tokens in each.column.tokens.items():
            encoded += [(part, tokens), (f"{part} glued", tokens.glued)]
        encoded += [(f"{part} held", names) for part, names in each.column.names.items()]
        for part, values in encoded:
            shared = np.flatnonzero(values.counts > 1)
            tables.append(
                pa.table(
                    {
                        "field": pa.array([each.field] * len(shared), pa.string()),
                        "part": pa.array([part] * len(shared), pa.string()),
                        "value": values.dictionary.take(pa.array(shared)),
                        "records": pa.array(values.counts[shared], pa.int64()),
                    }
                )
            )
    if not tables:
        return FREQUENCIES.empty()
    joined = pa.concat_tables(tables)
    order = [("field", "ascending"), ("part", "ascending"), ("value", "ascending")]
    return joined.take(pc.sort_indices(joined, order))
