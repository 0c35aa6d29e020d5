"""A run on one screen."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from keepone.commands.output import shown
from keepone.manifest import PROFILE, Counts, InputColumn, Manifest
from keepone.runs import Run

_FILES = (
    "review_ready.csv",
    "review_ready.parquet",
    "group_stats.parquet",
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
    yield _figure("Groups", counts.groups, f"{_pairs(counts.candidate_pairs)} compared")
    yield _figure("Duplicates", counts.duplicates, f"{_pairs(counts.survivors)} matched")
    yield Text()
    for label, count in counts.dispositions.items():
        if count:
            yield _figure(label, count, f"{count / max(counts.records, 1):6.1%}")


def _columns(manifest: Manifest) -> Iterator[tuple[bool, str]]:
    """Yield a line for each column that has a say, then one for all that are only carried along."""
    spoken = [column for column in manifest.columns if _has_a_say(column)]
    width = max((len(_header(column)) for column in spoken), default=0)
    for index, column in enumerate(spoken):
        yield index == 0, f"{_header(column).ljust(width)}  {_taken_for(column)}"
    others = [_header(column) for column in manifest.columns if not _has_a_say(column)]
    if others:
        more = f" and {len(others) - _NAMED:,} more" if len(others) > _NAMED else ""
        yield not spoken, f"not compared: {', '.join(others[:_NAMED])}{more}"


def _header(column: InputColumn) -> str:
    header = column.header
    return header if len(header) <= _HEADER_WIDTH else f"{header[: _HEADER_WIDTH - 1]}…"


def _has_a_say(column: InputColumn) -> bool:
    return column.compared or column.type in {"meta", "record_id"}


def _taken_for(column: InputColumn) -> str:
    if column.type == "record_id":
        return "→ record id"
    if column.type == "meta":
        return f"→ {_field(column)}, not compared"
    kind = column.type.replace("_", " ")
    return f"→ {_field(column)}" + ("" if column.type == column.field else f" ({kind})")


def _field(column: InputColumn) -> str:
    field = column.field or ""
    return field if len(field) <= _HEADER_WIDTH else f"{field[: _HEADER_WIDTH - 1]}…"


def _pairs(number: int) -> str:
    return "1 pair" if number == 1 else f"{number:,} pairs"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {code.replace('_', ' ')}" for code, count in counts.items())


def _figure(label: str, number: int | None, note: str) -> Text:
    figure = "" if number is None else f"{number:,}"
    return _line(label, f"{figure:>11}   ").append(shown(note), style="dim")


def _line(label: str, text: str) -> Text:
    return Text(f"  {label:<{_WIDTH}}", style="bold").append(shown(text), style="not bold")
