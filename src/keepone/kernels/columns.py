"""One field of a file, encoded for comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.encoding import (
    Known,
    Longs,
    Tokens,
    Values,
    encode_tokens,
    encode_values,
    give_back,
)
from keepone.kernels.holders import encode_names
from keepone.kernels.town_words import TownWords, town_words
from keepone.kernels.vocabulary import Vocabulary, build_vocabulary

Levels = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Column:
    """The encoded parts of one field that its comparison looks at.

    Further names of a record follow all records in `tokens`: those of record i are the rows
    `first_alias[i]` to `first_alias[i + 1]`. `names` holds, for parts that are compared as names,
    each list as one text, whose count is how many names hold all its words, and `of_towns` says
    which words of them are the record's own town. `records` is the size of the file.
    """

    values: Mapping[str, Values]
    tokens: Mapping[str, Tokens]
    names: Mapping[str, Values]
    vocabulary: Mapping[str, Vocabulary]
    of_towns: TownWords | None
    first_alias: Longs
    records: int


def encode_column(
    parts: tuple[str, ...],
    lists: tuple[str, ...],
    features: Mapping[str, pa.Array],
    weights: Longs,
    *,
    whole: Longs,
    records: int,
    named: bool = False,
    persons: bool = False,
    known: Mapping[str, Known] | None = None,
    carriers: Longs | None = None,
    towns: pa.Array | None = None,
) -> Column:
    """Encode the parts of one field; `features` maps part names to columns, absent ones are null.

    Record i counts `weights[i]` times for how common its values are, and `whole[i]` times for how
    common a whole list is. `named` says that the lists are names,
    `persons` that they are persons'.
    `records` is the size of the file, of which `features` may hold some rows. `known` gives, per
    part, how many records carry each value; without it they are counted here, and of a value that
    is no list the differing `carriers` of those records, if there are any. `towns` gives the town
    of each record, where its name may say it too.
    """
    rows = len(weights)
    known = known or {}
    values = {
        part: encode_values(
            features.get(part, pa.nulls(rows, pa.string())), weights, known.get(part), carriers
        )
        for part in parts
    }
    tokens: dict[str, Tokens] = {}
    names: dict[str, Values] = {}
    aliases = features.get("aliases")
    first_alias = np.full(rows + 1, rows, dtype=np.int64)
    for part in lists:
        column = features.get(part, pa.nulls(rows, pa.list_(pa.string())))
        counted, counted_whole = weights, whole
        if part == "tokens" and aliases is not None:
            further = pc.split_pattern(aliases.flatten(), " ")
            counts = pc.fill_null(pc.list_value_length(aliases), 0).to_numpy(zero_copy_only=False)
            first_alias[1:] += np.cumsum(counts)
            column = pa.concat_arrays([column, further.cast(column.type)])
            none = np.zeros(int(counts.sum()), dtype=np.int64)
            counted, counted_whole = (np.concatenate((each, none)) for each in (weights, whole))
        tokens[part] = encode_tokens(
            column,
            counted,
            records,
            known.get(part),
            known.get(f"{part} glued"),
            whole=counted_whole,
        )
        give_back()
        if named:
            names[part] = encode_names(column, tokens[part], counted, known.get(f"{part} held"))
            give_back()
    vocabulary = {
        part: build_vocabulary(encoded, persons=persons) for part, encoded in tokens.items()
    }
    named_towns = None if towns is None else town_words(towns, tokens["tokens"], first_alias)
    return Column(values, tokens, names, vocabulary, named_towns, first_alias, records)
