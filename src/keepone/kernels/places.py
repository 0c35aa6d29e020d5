"""Cities, regions, postal codes and countries."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from keepone.kernels.cells import Strings, clean, null_if_empty, strings, substitute, words
from keepone.rules.countries import countries as country_rules
from keepone.rules.regions import regions

_CITY_OPENERS = r"^(?:city|town|township|village|municipality|ciudad|ville|stadt) (?:of|de|von) "
_CITY_WORDS = (
    (r"\bst\b", "saint"),
    (r"\bste\b", "sainte"),
    (r"\bft\b", "fort"),
    (r"\bmt\b", "mount"),
    (r"\bpt\b", "port"),
    (r"^n ", "north "),
    (r"^s ", "south "),
    (r"^e ", "east "),
    (r"^w ", "west "),
    (_CITY_OPENERS, ""),
)
_CITY_ABBREVIATED = r"\b(?:ste?|ft|mt|pt)\b|^[nsew] |" + _CITY_OPENERS

_REGION_KIND = re.compile(
    r"^(?:state|province|provincia|estado|land|region|regione|kanton|canton|county|departamento)"
    r"(?: of| de| di| d)? (?=.)"
    r"|(?<=.) (?:prefecture|province|provincia|state|region|county|ken|fu|oblast|voivodeship)$"
)

_SPREADSHEET = r"\.0+ *$"
# A country before the code, as Europe's post once asked for: D-81541, CH-8000, LV-1010.
_POSTAL_COUNTRY = (
    r"^(?:ad|at|a|be|b|ch|cz|de|d|dk|ee|es|e|fin|fi|fr|f|gr|hr|hu|h|it|i|li|lt|lu|lv|l|md|mc|nl|no|n"
    r"|pl|pt|p|ro|se|si|sk|s)([0-9]{4,6}(?:[a-z]{2})?)$"
)
_NO_CODE = r"^(?:0+|9{5}|9{9}|[a-z]*)$"

# The part of a longer code that several addresses share: where one of a pair lacks the rest, that
# part is what they can agree on.
_SHORT = {
    "us": r"^([0-9]{5})[0-9]{4}$",
    "gb": r"^([a-z]{1,2}[0-9][a-z0-9]?)[0-9][a-z]{2}$",
    "ca": r"^([a-z][0-9][a-z])[0-9][a-z][0-9]$",
    "nl": r"^([0-9]{4})[a-z]{2}$",
    "ie": r"^([a-z][0-9][0-9w])[a-z0-9]{4}$",
    "br": r"^([0-9]{5})[0-9]{3}$",
    "pt": r"^([0-9]{4})[0-9]{3}$",
    "pr": r"^([0-9]{5})[0-9]{4}$",
}
# Those whose shape tells the country.
_SHORT_ANYWHERE = ("gb", "ca")


def normalize_city(values: Strings) -> pa.Table:
    """Return `value` (folded, saint, fort and mount spelt out) and `display`."""
    value = substitute(words(strings(values)), _CITY_ABBREVIATED, _CITY_WORDS)
    return pa.table({"value": null_if_empty(value), "display": clean(values)})


def normalize_region(values: Strings, countries: Strings) -> pa.Table:
    """Return `value` and `display`: the region's code within its country (alpha-2), else its name.

    Where the country is null, a name that means one region in the world still gets its code.
    """
    folded = words(strings(values)).to_pylist()
    places = pc.utf8_lower(strings(countries)).to_pylist()
    codes = [
        _region_code(name, place) if name else None
        for name, place in zip(folded, places, strict=True)
    ]
    code = pa.array(codes, pa.string())
    # People know states by their letters, but no department by its number.
    lettered = pc.if_else(pc.match_substring_regex(code, "^[a-z]+$"), pc.utf8_upper(code), None)
    return pa.table(
        {
            "value": pc.coalesce(code, pa.array(folded, pa.string())),
            "display": pc.coalesce(lettered, clean(values)),
        }
    )


def _region_code(name: str, country: str | None) -> str | None:
    """Return the code of a region by its folded name, tried as written, then without its kind."""
    rules = regions()
    if country is None:
        return rules.anywhere.get(name, (None, None))[1]
    known = rules.by_country.get(country)
    if known is None:
        return None
    bare = _REGION_KIND.sub("", name)
    for spelling in (name, name.removeprefix(country + " "), bare, name.replace(" ", "")):
        if spelling in known:
            return known[spelling]
    return None


def normalize_postal(values: Strings, countries: Strings) -> pa.Table:
    """Return `value`, `short` and `display`, one row per value.

    `value` holds letters and digits without spaces, with the zeros that spreadsheets dropped;
    `short` the part before ZIP+4, a UK outward code or the like, null where that is all.
    """
    places = pc.utf8_lower(strings(countries))
    cells = substitute(strings(values), _SPREADSHEET, ((_SPREADSHEET, ""),))
    folded = pc.replace_substring(words(cells), " ", "")
    folded = substitute(folded, r"^[a-z]{1,3}[0-9]{4}", ((_POSTAL_COUNTRY, r"\1"),))
    padded = _with_zeros(folded, places)
    value = pc.if_else(
        pc.fill_null(pc.match_substring_regex(padded, _NO_CODE), fill_value=True),
        pa.scalar(None, pa.string()),
        padded,
    )
    as_written = pc.fill_null(pc.equal(padded, folded), fill_value=True)
    return pa.table(
        {
            "value": value,
            "short": _short(value, places),
            "display": pc.utf8_upper(pc.if_else(as_written, clean(cells), padded)),
        }
    )


def _with_zeros(codes: pa.Array, places: pa.Array) -> pa.Array:
    """Return numeric codes that are one or two digits short for their country with zeros before."""
    lengths = country_rules().postal_digits
    numeric = pc.fill_null(pc.match_substring_regex(codes, "^[0-9]{3,8}$"), fill_value=False)
    candidates = pc.and_(numeric, pc.is_in(places, pa.array(list(lengths))))
    if not pc.any(candidates).as_py():
        return codes
    mended = [
        _padded(code, place, lengths[place])
        for code, place in zip(
            codes.filter(candidates).to_pylist(), places.filter(candidates).to_pylist(), strict=True
        )
    ]
    return pc.replace_with_mask(codes, candidates, pa.array(mended, pa.string()))


def _padded(code: str, country: str, length: int) -> str:
    """Return a numeric code with the zeros it lost, if it is short by no more than two."""
    if country == "us" and 7 <= len(code) <= 8:
        return code.zfill(9)
    return code.zfill(length) if length - 2 <= len(code) else code


def _short(codes: pa.Array, places: pa.Array) -> pa.Array:
    """Return the shared part of each code, null where the code has no more than that."""
    short = pa.nulls(len(codes), pa.string())
    for country, pattern in _SHORT.items():
        here = pc.equal(places, country)
        if country in _SHORT_ANYWHERE:
            here = pc.or_kleene(here, pc.is_null(places))
        here = pc.fill_null(
            pc.and_kleene(here, pc.match_substring_regex(codes, pattern)), fill_value=False
        )
        if pc.any(here).as_py():
            found = pc.replace_substring_regex(codes.filter(here), pattern, r"\1")
            short = pc.replace_with_mask(short, here, found)
    return short


def normalize_country(values: Strings) -> pa.Table:
    """Return `value` (alpha-2 in lower case where known, else the folded text) and `display`."""
    known = country_rules().by_cell
    folded = words(strings(values)).to_pylist()
    codes = pa.array(
        [
            (known.get(name) or known.get(name.removeprefix("the "))) if name else None
            for name in folded
        ],
        pa.string(),
    )
    return pa.table(
        {
            "value": pc.coalesce(codes, pa.array(folded, pa.string())),
            "display": pc.coalesce(pc.utf8_upper(codes), clean(values)),
        }
    )
