"""An explanation on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from keepone.commands.output import shown, table_lines
from keepone.explain.bars import Bar, Bars, bars_of, percent
from keepone.explain.explanation import (
    Explanation,
    Keys,
    Link,
    SharedKey,
    Step,
    Subject,
    Waterfall,
)

_PLOT = 28
_LABEL = 16
_VALUE = 52
_STYLES = {"for": "green", "against": "red", "total": "cyan"}
# Other keys of a record that are named, field by field.
_NAMED = 8


def explanation_lines(explanation: Explanation) -> Iterator[Text | str]:
    """Yield the lines that tell a person why two records are together or apart."""
    title = "In one group" if explanation.together else "Not in one group"
    yield Text(f"{title}, by {explanation.stage}: {explanation.rule.replace('_', ' ')}", "bold")
    yield shown(explanation.says)
    yield ""
    for name, subject in (("A", explanation.left), ("B", explanation.right)):
        if subject is not None:
            yield from _subject(name, subject)
    if explanation.waterfall is not None:
        yield ""
        yield from _waterfall(explanation.waterfall)
    if explanation.path:
        yield ""
        yield from _path(explanation.path)
    if explanation.keys is not None:
        yield ""
        yield from _keys(explanation.keys)


def _subject(name: str, subject: Subject) -> Iterator[Text]:
    called = shown(subject.name or "without a name")
    size = "alone" if subject.group_size == 1 else f"{subject.group_size:,} records"
    place = "primary" if subject.score is None else f"score {subject.score:.2f}"
    group = f"{subject.group_id}, {size}" + ("" if subject.group_size == 1 else f", {place}")
    yield Text(f"{name}  ", "bold").append(f"{subject.record_id}  {called}", "not bold")
    yield Text(f"   {group}; {subject.disposition}: {shown(subject.reason)}", "dim")
    if subject.equal_to is not None:
        yield Text(f"   equal in all that is compared to {subject.equal_to}", "dim")


def _waterfall(waterfall: Waterfall) -> Iterator[Text | str]:
    bars = bars_of(waterfall)
    heading = "What each field adds, in bits"
    if not waterfall.compared:
        heading += "; the two were not compared, and this is what would have come of it"
    yield Text(heading, "bold")
    width = max(len(_label(bar.label)) for bar in bars.rows)
    for bar in bars.rows:
        line = Text(f"  {_label(bar.label):<{width}}  {bar.figure:>7}  ")
        line.append_text(_drawn(bar, bars))
        yield line.append(f"  {bar.says}")
    if bars.missing:
        fields = ", ".join(step.field for step in bars.missing)
        yield Text(f"  Nothing to compare: {shown(fields)}", "dim")
    yield ""
    yield from _values([bar.step for bar in bars.rows if bar.step is not None])


def _label(label: str) -> str:
    text = shown(label)
    return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"


def _drawn(bar: Bar, bars: Bars) -> Text:
    """Return the bar between its ends, and the line of no evidence where it does not cover it."""
    low, high = round(_PLOT * bar.low), round(_PLOT * (bar.low + bar.width))
    if low == high:
        low = min(low, _PLOT - 1)
        high = low + 1
    cells = [" "] * _PLOT
    cells[min(round(_PLOT * bars.zero), _PLOT - 1)] = "│"
    cells[low:high] = "█" * (high - low)
    text = Text("".join(cells))
    text.stylize(_STYLES[bar.tone], low, high)
    return text


def _values(steps: Sequence[Step]) -> Iterator[Text]:
    """Yield the values as they came and, below them, as they were compared."""
    rows = []
    for step in steps:
        rows.append((f"  {_label(step.field)}", _value(step.left), _value(step.right)))
        compared = (_value(step.left_compared), _value(step.right_compared))
        if compared != rows[-1][1:]:
            rows.append(("    compared as", *compared))
    yield from table_lines(("  Field", "A", "B"), rows)


def _value(value: str | None) -> str:
    text = " ".join(shown(value or "-").split())
    return text if len(text) <= _VALUE else text[: _VALUE - 1] + "…"


def _path(path: tuple[Link, ...]) -> Iterator[Text]:
    yield Text("The links that bring them together", "bold")
    rows = [
        (
            f"  {link.left}",
            link.right,
            percent(link.probability),
            f"{link.weight:+.2f}",
            "the weakest" if link.weakest else "",
        )
        for link in path
    ]
    yield from table_lines(("  Record", "with", "Match", "Bits", ""), rows, right=frozenset({2, 3}))


def _keys(keys: Keys) -> Iterator[Text | str]:
    if keys.shared:
        yield Text("Blocking keys that both have", "bold")
        rows = [
            (f"  {key.field}", key.made_of, key.key, f"{key.block:,}", _verdict(key))
            for key in keys.shared
        ]
        header = ("  Field", "Made of", "Key", "Records", "")
        yield from table_lines(header, rows, right=frozenset({3}))
        return
    yield Text("Blocking keys that only one of them has", "bold")
    for name, own in (("A", keys.left), ("B", keys.right)):
        for field, found in own.items():
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            yield f"  {name}  {shown(field)}: {shown(', '.join(found[:_NAMED]))}{more}"
        if not own:
            yield f"  {name}  none"


def _verdict(key: SharedKey) -> str:
    cap = "" if key.cap is None else f" ({key.cap:,})"
    return {
        "compared": "small enough to compare",
        "capped": f"past the cap{cap}"
        + ("; each meets its nearest neighbours only" if key.strong else ""),
        "too_common": "too many for a key",
        "support": "no reason by itself; counts crossed with others",
    }[key.verdict]
