"""Salesforce record ids: 15 characters that mind case, or 18 that do not.

The last three of the 18 are a checksum of the case: each stands for five of the first 15
characters, its place in A-Z0-5 being the number whose bit i is set where character i of the five is
a capital (Salesforce documentation, "18-digit record id").
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

SHORT, LONG = 15, 18
_SHORT, _LONG = f"^[0-9A-Za-z]{{{SHORT}}}$", f"^[0-9A-Za-z]{{{LONG}}}$"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ALPHABET = np.frombuffer(_LETTERS.encode(), np.uint8)
_BITS = np.array([1, 2, 4, 8, 16], np.uint8)
# Key prefixes: standard objects begin with 00, custom ones with a.
_KEY_PREFIX = "(00[0-9A-Za-z]|a[0-9A-Za-z]{2})"
_PREFIX = re.compile(_KEY_PREFIX)
# One id by itself has no company to tell it from a number: it needs a letter and a key prefix.
_ONE_SHORT = re.compile(rf"(?=.*[A-Za-z]){_KEY_PREFIX}[0-9A-Za-z]{{12}}")


def are_salesforce_ids(ids: pa.Array) -> bool:
    """Whether a column of texts (nulls left aside) holds Salesforce ids.

    Nearly all have 15 or 18 letters and digits, and either the checksum of most of the 18s holds,
    or, where all have 15, nearly all begin with one object's key prefix and most are not mere
    numbers.
    """
    ids = ids.drop_null()
    short = ids.filter(pc.match_substring_regex(ids, _SHORT))
    long = ids.filter(pc.match_substring_regex(ids, _LONG))
    if not len(ids) or len(short) + len(long) < 0.95 * len(ids):
        return False
    if len(long):
        return bool(2 * np.count_nonzero(_checks(long)) > len(long))
    prefixes = pc.value_counts(pc.utf8_slice_codeunits(short, 0, 3)).to_pylist()
    commonest = max(prefixes, key=lambda item: (item["counts"], item["values"]))
    numbers = pc.sum(pc.match_substring_regex(short, "^[0-9]+$")).as_py()
    return bool(
        _PREFIX.fullmatch(commonest["values"])
        and commonest["counts"] >= 0.95 * len(short)
        and 2 * numbers < len(short)
    )


def eighteen(ids: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the ids with 18 characters, and whether each may stand.

    15 characters gain their checksum. What is 18 letters and digits with another checksum may not
    stand; nulls and texts of other forms are returned as they are, and may.
    """
    values = pc.fill_null(ids, "")
    is_short = pc.match_substring_regex(values, _SHORT)
    is_long = pc.match_substring_regex(values, _LONG)
    short = values.filter(is_short)
    suffixes = _checksums(short).view("S3").ravel() if len(short) else np.array([], "S3")
    whole = pc.binary_join_element_wise(short, pa.array(suffixes.astype("U3"), pa.string()), "")
    out = pc.replace_with_mask(ids, is_short, whole)
    sound = np.ones(len(ids), dtype=bool)
    sound[is_long.to_numpy(zero_copy_only=False)] = _checks(values.filter(is_long))
    return out, pa.array(sound)


def lengthened(record_id: str) -> str:
    """Return one id of 15 characters as `eighteen` has it, and any other text as it is."""
    if not _ONE_SHORT.fullmatch(record_id):
        return record_id
    fives = (record_id[start : start + 5] for start in range(0, SHORT, 5))
    return record_id + "".join(
        _LETTERS[sum(1 << at for at, letter in enumerate(five) if "A" <= letter <= "Z")]
        for five in fives
    )


def _checks(long: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether the last three of 18 characters are the checksum of the first 15."""
    if not len(long):
        return np.zeros(0, dtype=bool)
    expected = _checksums(long)
    return np.asarray((_characters(long)[:, SHORT:] == expected).all(axis=1))


def _checksums(ids: pa.Array) -> npt.NDArray[np.uint8]:
    """Return the checksum, three characters a row, of ids of 15 or 18 characters."""
    first = _characters(ids)[:, :SHORT]
    capitals = (first >= ord("A")) & (first <= ord("Z"))
    places = (capitals.reshape(-1, 3, 5) * _BITS).sum(axis=2)
    return np.ascontiguousarray(_ALPHABET[places])


def _characters(ids: pa.Array) -> npt.NDArray[np.uint8]:
    """Return ASCII texts of one length as a matrix, one row a text."""
    width = len(ids[0].as_py())
    return np.frombuffer("".join(ids.to_pylist()).encode(), np.uint8).reshape(-1, width)
