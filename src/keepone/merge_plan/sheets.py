"""The tables of a plan's folder: what is loaded, and what people read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from keepone.merge_plan.before import Before
from keepone.merge_plan.document import MOST_DUPLICATES, Group, Plan, Step
from keepone.merge_plan.tables import Cell, Limits, write_machine_table, write_peoples_table
from keepone.merge_plan.targets import Target
from keepone.merge_plan.wire import EMPTIES, Refusal, csv_text, read_value


def write_sheets(
    folder: Path, plan: Plan, before: Before, names: Mapping[str, str], limits: Limits
) -> None:
    """Write all tables of a plan; `before` has its records, `names` says what they are called."""
    _write_steps(folder, plan, before, names, limits)
    _write_left_out(folder, plan, names, limits)
    late = ((group.master, group.late) for group in plan.groups if group.late)
    write_updates(folder, "primary_updates", plan, late, limits)
    deletes = ([deletion.record_id] for deletion in plan.deletions)
    write_machine_table(folder, "deletes", [plan.id_header], deletes, limits)
    header = ["old_id", "new_id", "reason"]
    write_machine_table(folder, "crosswalk", header, _crosswalk(plan), limits)


def write_updates(
    folder: Path,
    stem: str,
    plan: Plan,
    updates: Iterable[tuple[str, Mapping[str, str | None]]],
    limits: Limits,
) -> None:
    """Write updates to load: a row per record, a column per field that any of them sets."""
    rows = list(updates)
    used = {column for _, values in rows for column in values}
    columns = [target for target in plan.targets if target.column in used]
    header = [plan.id_header, *(target.api_name for target in columns)]
    lines = ([record, *(loaded(target, values) for target in columns)] for record, values in rows)
    write_machine_table(folder, stem, header, lines, limits)


def loaded(target: Target, values: Mapping[str, str | None]) -> Cell:
    """Return the cell that sets a field: blank leaves it alone, and what is None is emptied.

    A text of blanks would leave it alone as well, and no field keeps one.
    """
    if target.column not in values:
        return None
    text = values[target.column]
    if text is None or not text.strip():
        return EMPTIES
    value = read_value(target, text)
    assert not isinstance(value, Refusal), "values that cannot be written are left out before"
    return csv_text(value)


def _write_steps(
    folder: Path, plan: Plan, before: Before, names: Mapping[str, str], limits: Limits
) -> None:
    header = ["Step", "Group", "Keep", "Keep (name)"]
    for number in range(1, MOST_DUPLICATES + 1):
        header += [f"Merge {number}", f"Merge {number} (name)"]
    header += ["Values that change on the record kept", "Written afterwards", "Created date"]
    cells = before.rows()
    held = {
        group.master: dict(zip(before.headers, cells[group.master], strict=True))
        for group in plan.groups
    }
    rows = (_step_row(group, step, names, held[group.master]) for group, step in plan.steps())
    write_peoples_table(folder, "merge_steps", header, rows, limits)


def _step_row(
    group: Group, step: Step, names: Mapping[str, str], held: dict[str, str | None]
) -> list[Cell]:
    """Return the row of a step; `held` are the values of the record kept, and change with it."""
    row: list[Cell] = [step.number, group.group_id, group.master, names.get(group.master, "")]
    for number in range(MOST_DUPLICATES):
        record = step.duplicates[number] if number < len(step.duplicates) else ""
        row += [record, names.get(record, "")]
    last = step is group.steps[-1]
    follows = group.oldest in step.duplicates
    return [
        *row,
        _in_words(step.values, held),
        _in_words(group.late, held) if last else "",
        f"becomes that of {group.oldest}" if follows else "",
    ]


def _in_words(values: Mapping[str, str | None], held: dict[str, str | None]) -> str:
    """Say what each field becomes, and what it was where that is lost."""
    told = []
    for column, value in values.items():
        was = held.get(column)
        if value is None:
            told.append(f"{column}: (emptied, was {was})")
        else:
            told.append(f"{column}: {value}" + (f" (was {was})" if was else ""))
    held.update(values)
    return "; ".join(told)


def _write_left_out(folder: Path, plan: Plan, names: Mapping[str, str], limits: Limits) -> None:
    header = ["Check", "Group", "Records", "First record (name)", "Reason"]
    rows = (
        [
            each.check,
            each.group_id,
            " ".join(each.records),
            names.get(each.records[0], ""),
            each.reason,
        ]
        for each in plan.left_out
    )
    write_peoples_table(folder, "verify", header, rows, limits)


def _crosswalk(plan: Plan) -> Iterator[Sequence[Cell]]:
    for group in plan.groups:
        for record in group.losers:
            yield record, group.master, "merged"
    for deletion in plan.deletions:
        yield deletion.record_id, None, "deleted"
