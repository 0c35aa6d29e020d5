"""What the values of a column look like: shapes per value, and their share of the column.

Works on the few hundred values that are drawn from a column, so that a profile costs the same for
any number of records. Patterns and words are rule data (`rules/columns.yaml`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from anyascii import anyascii

from keepone.rules.column_evidence import (
    GLANCE,
    LONG,
    SAMPLE,
    WEIGHT_CAP,
    WIDTH,
    Overlap,
    Sample,
)
from keepone.rules.columns import ColumnRules, column_rules
from keepone.shelf import cells_at

_BLANKS = " \t\r\n\u00a0"
# More bytes than `WIDTH` characters can take.
_LONGEST = 4 * WIDTH
# A cell may hold a megabyte.
_DRAWN_TOGETHER = 50


def evenly(filled: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return up to `SAMPLE` of the positions, at even steps from the first."""
    size = len(filled)
    drawn = min(size, SAMPLE)
    return filled[np.arange(drawn, dtype=np.int64) * size // max(drawn, 1)]


def sample_columns(columns: Iterable[pa.ChunkedArray]) -> Iterator[Sample]:
    """Yield, column by column, shares of shapes among the values, drawn at even steps of the rows.

    Columns are text in row order. A distinct value weighs as often as it was drawn, at most
    `WEIGHT_CAP` times, so that neither its typos nor one placeholder speak for a column.
    """
    waiting: list[_Counted] = []
    values = 0
    for column in columns:
        waiting.append(_counted(column))
        values += len(waiting[-1].values)
        # Shapes are told of many values at once: a file of few rows may have thousands of columns.
        if values >= SAMPLE:
            yield from _samples(waiting)
            waiting, values = [], 0
    yield from _samples(waiting)


@dataclass(frozen=True, slots=True)
class _Counted:
    """The values drawn from a column: each once, and how often it was drawn."""

    values: pa.Array
    counts: npt.NDArray[np.int64]


def _counted(column: pa.ChunkedArray) -> _Counted:
    trimmed = _drawn(column, evenly(np.flatnonzero(column.is_valid().to_numpy())), _brief)
    counted = trimmed.filter(pc.not_equal(trimmed, "")).value_counts()
    counts = counted.field("counts").to_numpy(zero_copy_only=False)
    return _Counted(counted.field("values"), counts)


def _samples(columns: Sequence[_Counted]) -> Iterator[Sample]:
    if not columns:
        return
    shapes = value_shapes(pa.concat_arrays([each.values for each in columns]))
    told = {name: shapes[name].to_numpy() for name in shapes.column_names}
    start = 0
    for each in columns:
        own = {name: of_all[start : start + len(each.counts)] for name, of_all in told.items()}
        start += len(each.counts)
        yield _sample(own, each.counts)


def _sample(shapes: Mapping[str, npt.NDArray[Any]], counts: npt.NDArray[np.int64]) -> Sample:
    telling = np.flatnonzero(~shapes["blank"].astype(bool))
    weights = np.minimum(counts[telling], WEIGHT_CAP)
    total = int(weights.sum())
    shares = {
        name: int(weights[shows[telling].astype(bool)].sum()) * 1000 // total if total else 0
        for name, shows in shapes.items()
        if name not in ("blank", "tokens")
    }
    return Sample(
        shares=shares,
        tokens=int((weights * shapes["tokens"][telling]).sum()) * 10 // total if total else 0,
        drawn=int(counts.sum()),
        top=int(counts.max(initial=0)),
        telling=len(telling),
    )


def _drawn(
    values: pa.ChunkedArray,
    positions: npt.NDArray[np.int64],
    kernel: Callable[[pa.Array], pa.Array],
) -> pa.Array:
    """Return what `kernel` makes of the values at `positions`, few of them at a time."""
    parts = [
        kernel(cells_at(values, positions[start : start + _DRAWN_TOGETHER]))
        for start in range(0, len(positions), _DRAWN_TOGETHER)
    ]
    return pa.concat_arrays([pa.array([], pa.string()), *parts])


def _brief(values: pa.Array) -> pa.Array:
    """Return values trimmed; of long ones the beginning, and a digest by which they differ."""
    trimmed = pc.utf8_trim(values, _BLANKS)
    long = pc.greater(pc.binary_length(trimmed), _LONGEST)
    if not pc.any(long).as_py():
        return trimmed
    cut = [
        text[:WIDTH] + hashlib.sha256(text.encode()).hexdigest()
        for text in trimmed.filter(long).to_pylist()
    ]
    return pc.replace_with_mask(trimmed, long, pa.array(cut, pa.string()))


def value_shapes(values: pa.Array) -> pa.Table:
    """Return one row per value: a boolean per shape, `blank`, and its number of `tokens`."""
    rules = column_rules()
    lower = _plain(values)
    matches = {
        name: pc.match_substring_regex(lower, f"^(?:{pattern})$")
        for name, pattern in rules.patterns.items()
    }
    words = pc.utf8_trim(
        pc.replace_substring_regex(
            pc.replace_substring_regex(lower, "['.`]", ""), "[^a-z0-9]+", " "
        ),
        " ",
    )
    tokens = pc.split_pattern(words, " ")
    count = pc.if_else(pc.equal(words, ""), 0, pc.list_value_length(tokens))
    shapes = _word_shapes(lower, words, tokens, rules) | _pattern_shapes(lower, matches)
    shapes |= _place_shapes(words, tokens, rules, matches=matches, reach=_reach(shapes))
    shapes["single"] = pc.equal(count, 1)
    shapes["long"] = pc.greater_equal(pc.utf8_length(lower), LONG)
    blank = pc.or_(
        pc.equal(words, ""), pc.is_in(words, pa.array(sorted(rules.words["blank_words"])))
    )
    return pa.table({**shapes, "blank": blank, "tokens": count})


def _plain(values: pa.Array) -> pa.Array:
    """Return the values as lower-case ASCII with single spaces, cut to `WIDTH` characters."""
    cut = pc.utf8_slice_codeunits(values.cast(pa.string()), 0, WIDTH)
    foreign = np.flatnonzero(~pc.string_is_ascii(cut).to_numpy(zero_copy_only=False))
    if len(foreign):
        texts = cut.to_pylist()
        for index in foreign:
            texts[index] = anyascii(texts[index])
        cut = pa.array(texts, pa.string())
    spaced = pc.replace_substring_regex(pc.ascii_lower(cut), "[ \\t\\r\\n\\x0b\\x0c]+", " ")
    return pc.utf8_trim(spaced, " ")


def _pattern_shapes(lower: pa.Array, matches: dict[str, pa.Array]) -> dict[str, pa.Array]:
    digit = pc.match_substring_regex(lower, "[0-9]")
    letter = pc.match_substring_regex(lower, "[a-z]{2}")
    parted = pc.match_substring_regex(lower, "[^0-9]")
    not_phone = pc.or_(matches["not_phone"], matches["date"])
    code = pc.and_(matches["code"], digit)
    plain = "date year serial_date phone_bare nanp number integer digits_4_6 clock postal words"
    shapes = {name: matches[name] for name in plain.split()}
    email = matches["email"]
    web = pc.and_not(matches["web"], email)
    return shapes | {
        "email": email,
        "web": web,
        "phone": pc.and_not(pc.and_(matches["phone"], parted), not_phone),
        "postal_loose": pc.and_(matches["postal_loose"], digit),
        "code": pc.and_not(pc.and_not(code, email), web),
        "person": matches["person"],
        "people": matches["people"],
        "letter": letter,
    }


def _word_shapes(
    lower: pa.Array, words: pa.Array, tokens: pa.Array, rules: ColumnRules
) -> dict[str, pa.Array]:
    first = pc.list_element(tokens, 0)
    after_comma = pc.extract_regex(lower, "^[^ ,]+, ?(?P<second>[a-z]+)").field("second")
    given = pa.array(sorted(rules.words["given_names"]))
    return {
        "country": _among(words, rules.countries),
        "region": _among(words, rules.regions),
        "city_word": _among(words, rules.cities),
        "boolean": _among(words, rules.words["boolean_words"]),
        "relationship_words": _any_token(tokens, rules.words["relationship_words"]),
        "status_words": _any_token(tokens, rules.words["status_words"]),
        "company": _any_token(tokens, rules.words["company_words"]),
        "title_word": _any_token(tokens, rules.words["title_words"]),
        "given": pc.or_(pc.is_in(first, given), pc.is_in(after_comma, given)),
    }


def _reach(shapes: dict[str, pa.Array]) -> pa.Array:
    return pc.or_(shapes["web"], pc.or_(shapes["email"], shapes["phone"]))


def _place_shapes(
    words: pa.Array,
    tokens: pa.Array,
    rules: ColumnRules,
    *,
    matches: dict[str, pa.Array],
    reach: pa.Array,
) -> dict[str, pa.Array]:
    """Street lines with and without a number, and addresses in one line; never what is `reach`."""
    endings = "|".join(rules.street_endings)
    later = pc.list_slice(tokens, 1)
    street_word = pc.or_(
        _any_token(later, rules.words["street_words"]),
        pc.match_substring_regex(words, f"[a-z]{{3}}(?:{endings})(?: |$)"),
    )
    digit = pc.match_substring_regex(words, "[0-9]")
    box = pc.or_(matches["box"], pc.and_(_any_token(tokens, rules.words["box_words"]), digit))
    count = pc.list_value_length(tokens)
    wordy = pc.greater_equal(count, 2)
    numbered = pc.and_(pc.or_(matches["number_first"], matches["number_last"]), wordy)
    street = pc.and_not(
        pc.or_(
            box,
            pc.and_(
                pc.and_(
                    pc.or_(street_word, _any_token(tokens, rules.words["street_words"])), digit
                ),
                wordy,
            ),
        ),
        pc.or_(reach, matches["date"]),
    )
    last = pc.extract_regex(words, "(?P<last>[^ ]+)$").field("last")
    placed = pc.or_(
        pc.or_(matches["postal_last"], matches["commas"]), _among(last, rules.place_ends)
    )
    lined = pc.or_(pc.or_(street, numbered), matches["commas"])
    enough = pc.and_(pc.and_(digit, pc.greater_equal(count, 5)), pc.invert(reach))
    return {
        "street": street,
        "numbered": pc.and_not(pc.and_not(numbered, street), reach),
        "street_name": pc.and_not(street_word, digit),
        "address": pc.and_(pc.and_(placed, lined), enough),
    }


def _among(values: pa.Array, words: frozenset[str]) -> pa.Array:
    return pc.is_in(values, pa.array(sorted(words)))


def _any_token(tokens: pa.Array, words: frozenset[str]) -> pa.Array:
    """Return for each list whether one of its tokens is among `words`."""
    hits = np.zeros(len(tokens), dtype=bool)
    found = _among(pc.list_flatten(tokens), words).to_numpy(zero_copy_only=False)
    hits[pc.list_parent_indices(tokens).to_numpy()[found]] = True
    return pa.array(hits)


def glance(values: pa.ChunkedArray) -> frozenset[tuple[int, str]]:
    """Return the letters and digits in up to `GLANCE` rows at even steps, each with its number."""
    size = len(values)
    seen = min(size, GLANCE)
    rows = cells_at(values, np.arange(seen, dtype=np.int64) * size // max(seen, 1))
    text = pc.replace_substring_regex(_plain(pc.fill_null(rows, "")), "[^a-z0-9]", "")
    return frozenset((row, held) for row, held in enumerate(text.to_pylist()) if held)


def overlap(left: pa.ChunkedArray, right: pa.ChunkedArray) -> Overlap:
    """Return how the values of two columns agree on up to `SAMPLE` rows that hold both."""
    both = left.is_valid().to_numpy() & right.is_valid().to_numpy()
    rows = evenly(np.flatnonzero(both))
    texts = [_drawn(column, rows, _plain) for column in (left, right)]
    equal = left_in_right = right_in_left = 0
    compared = 0
    for one, other in zip(*(_token_sets(column) for column in texts), strict=True):
        if one and other:
            compared += 1
            equal += "".join(one) == "".join(other)
            left_in_right += set(one) <= set(other)
            right_in_left += set(other) <= set(one)
    return Overlap(compared, equal, left_in_right, right_in_left)


def _token_sets(lower: pa.Array) -> list[list[str]]:
    words = pc.utf8_trim(pc.replace_substring_regex(lower, "[^a-z0-9]+", " "), " ")
    return [text.split() for text in words.to_pylist()]
