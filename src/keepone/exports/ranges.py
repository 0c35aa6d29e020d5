"""Ranges as people write them: `95..100`, `95..`, `..60`, `3`."""

from __future__ import annotations

import math

from keepone.errors import ExportError
from keepone.exports.selection import Range


def parse_range(option: str, text: str | None) -> Range:
    """Return the range that stands for `text`, both ends included; no text leaves both open.

    Raises `ExportError`, which names the option, for what is no range.
    """
    if text is None:
        return None, None
    low, dots, high = text.partition("..")
    try:
        ends = (_end(low), _end(high if dots else low))
    except ValueError as error:
        message = f"{option}: {text!r} is no range"
        raise ExportError(message, hint="Write it as in 95..100, 95.., ..60, or 3.") from error
    least, most = ends
    if least is None and most is None:
        message = f"{option}: {text!r} has no end"
        raise ExportError(message, hint="Write it as in 95..100, 95.., ..60, or 3.")
    if least is not None and most is not None and least > most:
        message = f"{option}: {text!r} holds nothing: {least:g} is more than {most:g}"
        raise ExportError(message, hint="Write the smaller number first.")
    return ends


def _end(text: str) -> float | None:
    if not text.strip():
        return None
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
