"""The waterfall as an SVG document that stands by itself, for light and dark pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from keepone.errors import RunError
from keepone.explain.bars import Bar, bars_of
from keepone.explain.explanation import Explanation, Subject
from keepone.report.templates import environment_of
from keepone.report.values import shown

# Characters of a text that fit: of a field, of a value, of what is said, of a name.
_LABEL, _VALUE, _SAID, _NAME = 17, 40, 80, 50
# Of what is said of both, and of the words for those who do not see the chart.
_VERDICT, _TOLD = 150, 500
# Characters that no XML document may hold; `shown` takes the controls away.
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class _Row:
    """One bar with its texts, cut to their places."""

    bar: Bar
    label: str
    says: str
    left: str
    right: str


def waterfall_svg(explanation: Explanation) -> str:
    """Return the chart of what each field adds; `RunError` where a record was rejected."""
    waterfall, left, right = explanation.waterfall, explanation.left, explanation.right
    if waterfall is None or left is None or right is None:
        message = f"there is nothing to draw: {explanation.says}"
        raise RunError(message, hint="Leave --svg out.")
    bars = bars_of(waterfall)
    environment = environment_of("keepone.explain")
    return environment.get_template("waterfall.svg.j2").render(
        title=f"{_called(left)} and {_called(right)}",
        says=_text(explanation.says, _TOLD),
        verdict=_text(explanation.says, _VERDICT),
        zero=100 * bars.zero,
        rows=[_row(bar) for bar in bars.rows],
        missing=_text(", ".join(step.field for step in bars.missing), _VERDICT),
    )


def _row(bar: Bar) -> _Row:
    left = right = ""
    if bar.step is not None:
        left, right = (_text(value, _VALUE) or "-" for value in (bar.step.left, bar.step.right))
    return _Row(bar, _text(bar.label, _LABEL), _text(bar.says, _SAID), left, right)


def _called(subject: Subject) -> str:
    name = _text(subject.name, _NAME)
    return f"{name} ({subject.record_id})" if name else subject.record_id


def _text(value: str | None, longest: int) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", shown(value, longest))
