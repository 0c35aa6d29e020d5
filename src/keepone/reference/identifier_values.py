"""Identifiers, numbers and categories row by row, spelt out.

Each function takes a column as a list (null is None) and returns one mapping of parts per row.
"""

from __future__ import annotations

import re

from stdnum import get_cc_module, lei
from stdnum.eu import vat as eu_vat

from keepone.reference.field_values import Row, Values, folded, without_spreadsheet_zero


def numbers(values: Values) -> list[Row]:
    """Return `value` of each cell."""
    cells = [" ".join((text or "").split()) for text in values]
    plain = [_digits(cell) for cell in cells]
    only_comma = r"[0-9.]*,[0-9]{1,2}|[0-9]+(?:\.[0-9]{3})+,[0-9]+"
    only_point = r"[0-9,]*\.[0-9]{1,2}|[0-9]+(?:,[0-9]{3})+\.[0-9]+"
    votes = sum(
        (re.fullmatch(only_comma, number) is not None)
        - (re.fullmatch(only_point, number) is not None)
        for number in plain
    )
    rows = []
    for cell, number in zip(cells, plain, strict=True):
        cited_year = re.fullmatch(r"\( ?[12][0-9]{3} ?\)", cell) is not None
        negative = re.fullmatch(r"\(.*\)|[-\u2212].*", cell) is not None and not cited_year
        value = _decimal(number, comma=votes > 0) if number else None
        rows.append({"value": f"-{value}" if negative and value not in (None, "0") else value})
    return rows


def _digits(cell: str) -> str:
    """Return the first number of a cell with its separators; years in full, times in seconds."""
    if re.fullmatch("['\u2019][0-9]{2}", cell):
        return str(int(cell[1:]) + (1900 if int(cell[1:]) >= 69 else 2000))
    if re.fullmatch("([0-9]{1,3}:){1,2}[0-5][0-9]", cell):
        seconds = 0
        for part in cell.split(":"):
            seconds = 60 * seconds + int(part)
        return str(seconds)
    core = re.search("[0-9](?:[0-9.,' ]*[0-9])?", cell)
    return re.sub("[ ']", "", core[0]) if core else ""


def _decimal(number: str, *, comma: bool) -> str:
    """Return digits as a plain decimal; `comma` tells whether one begins the decimals."""
    decimal, thousands = (",", ".") if comma else (".", ",")
    if number.count(decimal) > 1:
        decimal, thousands = thousands, decimal
    number = number.replace(thousands, "").replace(decimal, ".")
    if number.count(".") > 1:
        number = number.replace(".", "")
    whole, _, fraction = number.partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")


def categories(values: Values) -> list[Row]:
    """Return `value` of each cell."""
    return [{"value": folded(text or "") or None} for text in values]


def identifiers(values: Values) -> list[Row]:
    """Return `value` and `valid` of each cell."""
    codes = [_identifier(without_spreadsheet_zero(text or "")) for text in values]
    distinct = sorted({code for code in codes if code})
    sample = distinct[:: max(1, len(distinct) // 1_000)]
    usual = []
    for name, module, shape in _COLUMN_SCHEMES:
        shaped = [code for code in sample if re.fullmatch(shape, code)]
        fitting = [code for code in shaped if _satisfies(code, module)]
        if shaped and len(fitting) >= 0.9 * len(shaped):
            usual.append((name, module, shape))
    return [{"value": code, "valid": _scheme(code, usual) if code else None} for code in codes]


_COLUMN_SCHEMES = (
    ("cnpj", "br.cnpj", "[0-9]{14}"),
    ("siret", "fr.siret", "[0-9]{14}"),
    ("abn", "au.abn", "[0-9]{11}"),
    ("nip", "pl.nip", "[0-9]{10}"),
    ("cif", "es.cif", "[a-z][0-9]{7}[0-9a-z]"),
    ("bn", "ca.bn", "[0-9]{9}r[cmprtz][0-9]{4}"),
    ("siren", "fr.siren", "[0-9]{9}"),
    ("acn", "au.acn", "[0-9]{9}"),
    ("ein", "us.ein", "[0-9]{9}"),
    ("duns", "", "[0-9]{9}"),
)


def _identifier(text: str) -> str | None:
    code = folded(text).replace(" ", "")
    nothing = code in ("", "na") or set(code) == {"x"}
    return None if nothing or (code.isdigit() and len(set(code)) == 1) else code


def _satisfies(code: str, module: str) -> bool:
    return not module or bool(get_cc_module(*module.split(".")).is_valid(code))


def _scheme(code: str, usual: list[tuple[str, str, str]]) -> str | None:
    if re.fullmatch("[0-9a-z]{18}[0-9]{2}", code) and lei.is_valid(code):
        return "lei"
    if re.fullmatch("[a-z]{2}[0-9a-z]{7,13}(?:mwst|tva|iva)?", code):
        if code.startswith("che"):
            valid = get_cc_module("ch", "uid").is_valid(code[:12])
        elif code.startswith("gb"):
            valid = get_cc_module("gb", "vat").is_valid(code)
        else:
            valid = eu_vat.is_valid(code)
        if valid:
            return "vat"
    return next(
        (
            name
            for name, module, shape in usual
            if re.fullmatch(shape, code) and _satisfies(code, module)
        ),
        None,
    )
