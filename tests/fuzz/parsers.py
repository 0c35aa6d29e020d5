"""What must hold of the parsers of names, phones, addresses, dates and the like, for any text.

They raise nothing, say what their row-by-row twins say, take what they gave for what it is, and a
long value costs them in proportion to its length.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from keepone.kernels.names import normalize_names
from keepone.reference.names import normalize_name
from tests.fields.kinds import KINDS

PARSERS = ("names", *KINDS)

# Processor time that one value may take, and then so much for each thousand characters.
_SECONDS, _SECONDS_EACH = 0.5, 0.1
# The twins are slow, and need not be anything else.
_COMPARED = 400
# Values that are read anew give themselves; in other kinds a value says less than the cell did.
_SETTLED = ("dates", "phones", "web", "mail", "countries", "numbers")
_PLACES = (None, "US", "DE", "GB", "FR", "BR", "JP")


def check(parser: str, text: str) -> None:
    """Hold one parser to all of it; fields of a country are read in that of one of some."""
    place = _PLACES[len(text) % len(_PLACES)]
    began = time.process_time()
    found = _read(parser, text, place)
    seconds = time.process_time() - began
    allowed = _SECONDS + _SECONDS_EACH * len(text) / 1_000
    assert seconds < allowed, f"{len(text):,} characters took {seconds:.1f} seconds"
    if len(text) <= _COMPARED:
        assert found == _twin(parser, text, place)
    for value in _settled(parser, found):
        again = _read(parser, value, place)
        assert list(_settled(parser, again)) == [value]


def _read(parser: str, text: str, place: str | None) -> Mapping[str, Any]:
    if parser != "names":
        return KINDS[parser].by_kernel([text], [place])[0]
    (row,) = normalize_names(pa.array([text], pa.string())).to_pylist()
    return {
        "tokens": row["tokens"] or [],
        "legal": row["legal"],
        "aliases": row["aliases"] or [],
        "flag": row["flag"],
        "detail": row["detail"],
    }


def _twin(parser: str, text: str, place: str | None) -> Mapping[str, Any]:
    if parser != "names":
        return KINDS[parser].by_reference([text], [place])[0]
    name = normalize_name(text)
    return {
        "tokens": name.tokens,
        "legal": name.legal,
        "aliases": name.aliases,
        "flag": name.flag,
        "detail": name.detail,
    }


def _settled(parser: str, found: Mapping[str, Any]) -> list[str]:
    """Return what, read again, must give itself."""
    if parser == "names":
        return [" ".join(found["tokens"])] if found["tokens"] else []
    value = found.get("value")
    # A number that has no country stays as it was written.
    local = parser == "phones" and value is not None and not value.startswith("+")
    return [value] if parser in _SETTLED and value is not None and not local else []
