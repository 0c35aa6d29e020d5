"""A run on one screen."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from keepone.commands.output import shown
from keepone.manifest import PROFILE, Counts, DecisionCounts, InputColumn, Manifest, Missed
from keepone.runs import Run

_FILES = (
    "review_ready.csv",
    "review_ready.parquet",
    "golden.csv",
    "golden.parquet",
    "group_stats.parquet",
    "related.csv",
    "rejects.csv",
    "report.html",
    PROFILE,
)
_WIDTH = 12
_HEADER_WIDTH = 32
_NAMED = 12


def summary_lines(run: Run, manifest: Manifest, *, computed: int | None = None) -> list[Text]:
    """Return the lines that tell a person what a run found and what to do next.

    `computed` is the number of stages that this process ran; None where none was asked to.
    """
    counts = manifest.counts
    assert counts is not None
    lines = [Text(), _title(manifest, computed), Text()]
    lines += _figures(manifest, counts)
    lines.append(Text())
    lines += [_line("Columns" if first else "", text) for first, text in _columns(manifest)]
    lines.append(Text())
    lines.append(_line("Files", f"{run.path}/"))
    lines += [_line("", name) for name in _FILES if (run.path / name).exists()]
    lines.append(Text())
    lines.append(_line("Next", f"open {run.path / 'report.html'} in a browser"))
    lines.append(_line("", f"keepone runs show {shlex.quote(str(run.path))}"))
    return lines


def run_as_dict(run: Run, manifest: Manifest, **more: Any) -> dict[str, Any]:
    """Return a run's summary for a machine to read."""
    told = manifest.model_dump(mode="json", exclude={"settings", "machine"})
    names = (*_FILES, "manifest.json", "model.json")
    files = {name: str(run.path / name) for name in names if (run.path / name).exists()}
    return {"run_id": run.run_id, "path": str(run.path), **more, "files": files} | told


def _title(manifest: Manifest, computed: int | None) -> Text:
    title = Text(f"Run {manifest.run_id}", style="bold")
    if computed == 0:
        return title.append(" stood already; nothing was computed again", style="not bold")
    time = f" finished in {manifest.seconds or 0:.1f} s"
    reused = sum(stage.reused for stage in manifest.stages)
    if computed is not None and reused:
        time += f"; {reused} of {len(manifest.stages)} stages stood already"
    return title.append(time, style="not bold")


def _figures(manifest: Manifest, counts: Counts) -> Iterator[Text]:
    files = ", ".join(file.file for file in manifest.inputs)
    yield _figure("Records", counts.records, f"from {files}")
    if counts.rejects:
        yield _figure("Rejects", counts.rejects, _listed(counts.rejects_by_code))
    for file in manifest.inputs:
        for note in file.notes:
            yield _figure("", None, note)
    for note in (*_children(manifest), *_differences(manifest.columns), *manifest.notes):
        yield _figure("", None, note)
    yield from (_figure("Degraded", None, told) for told in manifest.left_out)
    yield _figure("Groups", counts.groups, f"{_pairs(counts.candidate_pairs)} compared")
    yield _figure("Duplicates", counts.duplicates, f"{_pairs(counts.survivors)} matched")
    if counts.missed is not None:
        yield _figure("Missed", counts.missed.pairs, _missed(counts.missed))
    capped = sum(key.capped_blocks for key in counts.keys)
    if capped:
        lost = sum(key.lost_pairs for key in counts.keys)
        values = "1 value" if capped == 1 else f"{capped:,} values"
        yield _figure(
            "", None, f"{values} too frequent for a key: about {_pairs(lost)} not compared"
        )
    differ = sum(field.differ for field in counts.golden if field.strategy != "never")
    if differ:
        gained = sum(field.gained for field in counts.golden)
        values = "1 value" if gained == 1 else f"{gained:,} values"
        yield _figure(
            "Conflicts", differ, f"fields of groups with different values; {values} gained"
        )
    if manifest.decisions is not None:
        yield _figure("Decisions", manifest.decisions.in_force, _decisions(manifest.decisions))
    yield Text()
    for label, count in counts.dispositions.items():
        if count:
            yield _figure(label, count, f"{count / max(counts.records, 1):6.1%}")
    if counts.relations:
        yield Text()
        yield _figure("Related", sum(counts.relations.values()), _listed(counts.relations))


def _children(manifest: Manifest) -> Iterator[str]:
    """Tell of each child export how much of it was read, and what a person should know of it."""
    for file in manifest.children:
        rows = f"{file.rows or 0:,} row{'' if file.rows == 1 else 's'}"
        yield f"what refers to them: {rows} from {file.file}"
        yield from file.notes


def _decisions(counted: DecisionCounts) -> str:
    """Tell what became of the decisions that people made."""
    told = [
        f"{number:,} {says}"
        for number, says in (
            (counted.applied, "applied"),
            (counted.overruled, "overruled by others"),
            (counted.contradicted, "contradicted by the data: see the report"),
            (counted.without_records, "name records that are not in the input"),
        )
        if number
    ]
    return ", ".join(told)


def _missed(missed: Missed) -> str:
    """Tell how sure the estimate is, and how much of it does no harm."""
    pairs = "pair that matches was" if missed.pairs == 1 else "pairs that match were"
    grouped = f"; {missed.grouped:,} in one group all the same" if missed.grouped else ""
    return f"{pairs} never compared, {missed.low:,} to {missed.high:,} (90 %){grouped}"


def _columns(manifest: Manifest) -> Iterator[tuple[bool, str]]:
    """Yield a line for each field that has a say, then what is left out and why."""
    spoken = list(_fields([column for column in manifest.columns if _has_a_say(column)]))
    others = [column for column in manifest.columns if not _has_a_say(column)]
    shown = spoken + [[column] for column in others[:_NAMED]]
    width = max((len(_headers(columns)) for columns in shown), default=0)
    for index, columns in enumerate(shown):
        yield index == 0, f"{_headers(columns).ljust(width)}  {_taken_for(columns[0])}"
    if others[_NAMED:]:
        yield False, f"{len(others) - _NAMED:,} more columns are not compared; the report says why"


def _fields(columns: Iterable[InputColumn]) -> Iterable[list[InputColumn]]:
    """Return the columns of each field, and each without one by itself, in order."""
    found: dict[tuple[str, str], list[InputColumn]] = {}
    for column in columns:
        found.setdefault((column.field or "", "" if column.field else column.column), []).append(
            column
        )
    return found.values()


def _headers(columns: Iterable[InputColumn]) -> str:
    return " = ".join(dict.fromkeys(_cut(column.header) for column in columns))


def _differences(columns: Sequence[InputColumn]) -> Iterator[str]:
    """Yield, for files whose columns differ, which were taken for one and which stay apart."""
    datasets = sorted({name for column in columns for name in column.datasets or ()})
    if not datasets:
        return
    fields = list(_fields(column for column in columns if _has_a_say(column) and column.field))
    joined = [_headers(together) for together in fields if len(together) > 1]
    if joined:
        yield f"{' and '.join(datasets)}: taken for one field each: {_some(joined)}"
    apart: dict[tuple[str, ...], list[str]] = {}
    for together in fields:
        held = {name for column in together for name in column.datasets or datasets}
        if together[0].compared and len(held) < len(datasets):
            apart.setdefault(tuple(sorted(held)), []).append(_headers(together))
    for held_by, headers in apart.items():
        yield f"compared only among records of {' and '.join(held_by)}: {_some(headers)}"


def _some(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED:,} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more


def _cut(text: str) -> str:
    return text if len(text) <= _HEADER_WIDTH else f"{text[: _HEADER_WIDTH - 1]}…"


def _has_a_say(column: InputColumn) -> bool:
    return column.compared or column.type in {"meta", "record_id"}


def _taken_for(column: InputColumn) -> str:
    if column.type == "record_id":
        return "→ record id"
    if column.type == "meta":
        return f"→ {_cut(column.field or '')}, not compared"
    if not column.compared:
        reason = column.why.rpartition("not compared: ")[2]
        return f"not compared: {reason}"
    kind = column.type.replace("_", " ")
    return f"→ {_cut(column.field or '')}" + ("" if column.type == column.field else f" ({kind})")


def _pairs(number: int) -> str:
    return "1 pair" if number == 1 else f"{number:,} pairs"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {code.replace('_', ' ')}" for code, count in counts.items())


def _figure(label: str, number: int | None, note: str) -> Text:
    figure = "" if number is None else f"{number:,}"
    return _line(label, f"{figure:>11}   ").append(shown(note), style="dim")


def _line(label: str, text: str) -> Text:
    return Text(f"  {label:<{_WIDTH}}", style="bold").append(shown(text), style="not bold")
