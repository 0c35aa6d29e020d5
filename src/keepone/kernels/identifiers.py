"""Identifiers that duplicates share (tax numbers, registry numbers), numbers and categories.

A scheme with a distinctive shape and a strong check (LEI, VAT) is told from the value alone. The
others have one check digit or none, which one in ten of any digits satisfies, so a scheme counts
only where nearly all values of its shape in the column satisfy it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from stdnum.au import abn, acn
from stdnum.br import cnpj
from stdnum.ca import bn
from stdnum.ch import uid
from stdnum.es import cif
from stdnum.eu import vat as eu_vat
from stdnum.fr import siren, siret
from stdnum.gb import vat as gb_vat
from stdnum.pl import nip
from stdnum.us import ein

from keepone.kernels.cells import Strings, clean, null_if_empty, strings, substitute, words

_SPREADSHEET = r"\.0+ *$"
_NO_IDENTIFIER = "^(?:" + "|".join(f"{digit}+" for digit in "0123456789") + "|x+|na)$"
_SAMPLE = 1_000
_SHARE = 0.9

_NUMBER = re.compile(r"[0-9](?:[0-9.,' ]*[0-9])?")
_NEGATIVE = re.compile(r"\(.*\)|[-\u2212].*")
# Years as they are cited, (1993) and '93, and times on a clock.
_CITED_YEAR = re.compile(r"\( ?[12][0-9]{3} ?\)")
_SHORT_YEAR = re.compile(r"['\u2019]([0-9]{2})")
_LAST_OF_THE_CENTURY = 69
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-5][0-9])")
_DECIMAL_COMMA = re.compile(r"[0-9.' ]*,[0-9]{1,2}|[0-9]+(?:\.[0-9]{3})+,[0-9]+")
_DECIMAL_POINT = re.compile(r"[0-9,' ]*\.[0-9]{1,2}|[0-9]+(?:,[0-9]{3})+\.[0-9]+")

_LEI_DIGITS = str.maketrans({chr(ord("a") + i): str(10 + i) for i in range(26)})


class _Scheme(NamedTuple):
    """A numbering scheme: `shape` of its values in letters and digits, and the check they pass."""

    name: str
    shape: re.Pattern[str]
    is_valid: Callable[[str], bool]


def _is_lei(value: str) -> bool:
    """Tell whether the check digits of ISO 17442 (mod 97-10) are right."""
    return int(value.translate(_LEI_DIGITS)) % 97 == 1


def _is_vat(value: str) -> bool:
    """Tell whether a VAT number with its country's letters is valid there."""
    number = value.upper()
    if number.startswith("GB"):
        return bool(gb_vat.is_valid(number))
    return bool(uid.is_valid(number[:12]) if number.startswith("CHE") else eu_vat.is_valid(number))


def _is_nine_digits(_value: str) -> bool:
    """Tell whether a value of nine digits can be a D-U-N-S number, which has no check digit."""
    return True


_DISTINCTIVE = (
    _Scheme("lei", re.compile("[0-9a-z]{18}[0-9]{2}"), _is_lei),
    _Scheme("vat", re.compile("[a-z]{2}[0-9a-z]{7,13}(?:mwst|tva|iva)?"), _is_vat),
)
_BY_COLUMN = (
    _Scheme("cnpj", re.compile("[0-9]{14}"), cnpj.is_valid),
    _Scheme("siret", re.compile("[0-9]{14}"), siret.is_valid),
    _Scheme("abn", re.compile("[0-9]{11}"), abn.is_valid),
    _Scheme("nip", re.compile("[0-9]{10}"), nip.is_valid),
    _Scheme("cif", re.compile("[a-z][0-9]{7}[0-9a-z]"), cif.is_valid),
    _Scheme("bn", re.compile("[0-9]{9}r[cmprtz][0-9]{4}"), bn.is_valid),
    _Scheme("siren", re.compile("[0-9]{9}"), siren.is_valid),
    _Scheme("acn", re.compile("[0-9]{9}"), acn.is_valid),
    _Scheme("ein", re.compile("[0-9]{9}"), ein.is_valid),
    _Scheme("duns", re.compile("[0-9]{9}"), _is_nine_digits),
)


def normalize_identifier(values: Strings) -> pa.Table:
    """Return `value` (letters and digits), `valid` (scheme it satisfies) and `display`.

    `valid` names lei, vat, cnpj, siret, abn, nip, cif, bn, siren, acn, ein or duns; null if none.
    """
    cells = substitute(strings(values), _SPREADSHEET, ((_SPREADSHEET, ""),))
    value = pc.replace_substring(words(cells), " ", "")
    nothing = pc.fill_null(pc.match_substring_regex(value, _NO_IDENTIFIER), fill_value=True)
    value = null_if_empty(pc.if_else(nothing, pa.scalar(None, pa.string()), value))
    texts = value.to_pylist()
    schemes = _DISTINCTIVE + _column_schemes(texts)
    valid = [text and _scheme_of(text, schemes) for text in texts]
    return pa.table(
        {"value": value, "valid": pa.array(valid, pa.string()), "display": clean(cells)}
    )


def _column_schemes(texts: list[str | None]) -> tuple[_Scheme, ...]:
    """Return the schemes that nearly all values of their shape satisfy, in a spread-out sample."""
    distinct = sorted({text for text in texts if text})
    sample = distinct[:: max(1, len(distinct) // _SAMPLE)]
    chosen = []
    for scheme in _BY_COLUMN:
        shaped = [text for text in sample if scheme.shape.fullmatch(text)]
        satisfied = sum(scheme.is_valid(text) for text in shaped)
        if shaped and satisfied >= _SHARE * len(shaped):
            chosen.append(scheme)
    return tuple(chosen)


def _scheme_of(text: str, schemes: tuple[_Scheme, ...]) -> str | None:
    """Return the name of the first scheme that the value satisfies."""
    for scheme in schemes:
        if scheme.shape.fullmatch(text) and scheme.is_valid(text):
            return scheme.name
    return None


def normalize_number(values: Strings) -> pa.Table:
    """Return `value` (a plain decimal, such as -1234.5) and `display`.

    The first number of a cell counts; currency signs, units and separators of thousands go. A time
    on a clock is its seconds: 3:17 is 197. Years that are cited, (1993) or '93, are those years.
    Whether a comma or a point begins the decimals is decided once for the column.
    """
    cells = clean(values)
    cores = [_core(text) if text else None for text in cells.to_pylist()]
    comma = _is_decimal_comma([core[1] for core in cores if core])
    found = [core and core[0] + _plain(core[1], comma=comma) for core in cores]
    value = pa.array([None if text is None else _signed(text) for text in found], pa.string())
    return pa.table({"value": value, "display": cells})


def normalize_category(values: Strings) -> pa.Table:
    """Return `value` (folded words) and `display`."""
    return pa.table({"value": words(strings(values)), "display": clean(values)})


def _core(text: str) -> tuple[str, str] | None:
    """Return the sign and the digits with their separators of the first number in a cell."""
    if year := _SHORT_YEAR.fullmatch(text):
        century = "19" if int(year[1]) >= _LAST_OF_THE_CENTURY else "20"
        return "", century + year[1]
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return "", str((hours * 60 + minutes) * 60 + seconds)
    number = _NUMBER.search(text)
    if number is None:
        return None
    sign = "-" if _NEGATIVE.fullmatch(text) and not _CITED_YEAR.fullmatch(text) else ""
    return sign, number[0].replace(" ", "").replace("'", "")


def _is_decimal_comma(numbers: list[str]) -> bool:
    """Tell whether more numbers can only be read with a decimal comma than with a point."""
    commas = sum(_DECIMAL_COMMA.fullmatch(number) is not None for number in numbers)
    points = sum(_DECIMAL_POINT.fullmatch(number) is not None for number in numbers)
    return commas > points


def _plain(number: str, *, comma: bool) -> str:
    """Return digits with a decimal point at most, without needless zeros."""
    if not number.isdigit():
        decimal, thousands = (",", ".") if comma else (".", ",")
        if number.count(decimal) > 1:
            decimal, thousands = thousands, decimal
        number = number.replace(thousands, "").replace(decimal, ".")
        if number.count(".") > 1:
            number = number.replace(".", "")
    whole, _, fraction = number.partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _signed(number: str) -> str:
    """Return a number without the sign of zero."""
    return "0" if number == "-0" else number
