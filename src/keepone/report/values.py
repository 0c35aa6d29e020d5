"""Figures and cell values as a person reads them."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")
_LONGEST = 160


def shown(value: str | None, longest: int = _LONGEST) -> str:
    """Return a cell's text on one line, without control characters, cut to `longest` characters."""
    text = _CONTROL.sub(" ", (value or "")[: 8 * longest]).strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def isolated(value: str | None, longest: int = _LONGEST) -> Markup:
    """Return a cell's text, escaped, in an element of its own writing direction."""
    return Markup('<bdi dir="auto">') + escape(shown(value, longest)) + Markup("</bdi>")


def count(value: int) -> str:
    """Return 1234567 as 1,234,567."""
    return f"{value:,}"


def share(part: int, whole: int) -> str:
    """Return `part` of `whole` in percent, never rounded to a false 0 or 100."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 0.1:
        return "< 0.1 %"
    if 99.9 < percent < 100:
        return "> 99.9 %"
    return f"{percent:.1f} %"


def size(value: int) -> str:
    """Return bytes in the unit that fits, decimal."""
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def seconds(value: float) -> str:
    """Return a duration in ms, s or min."""
    if value < 0.9995:
        return f"{1000 * value:.0f} ms"
    if value < 120:
        return f"{value:.1f} s"
    whole = round(value)
    return f"{whole // 60} min {whole % 60:02d} s"


def score(value: float | None) -> str:
    """Return a score of 0-100 as it is published; empty where there is none."""
    return "" if value is None else f"{value:.2f}"
