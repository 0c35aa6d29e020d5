"""Merges as anonymous Apex, in parts that the platform takes.

Each part is one script and one transaction. Every merge in it stands by itself: one that fails is
told at the end, and the others are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from keepone.merge_plan.document import Group, Plan, Step
from keepone.merge_plan.targets import Target
from keepone.merge_plan.wire import Refusal, apex_literal, apex_string, read_value

# Characters of an anonymous script, and statements that change data in a transaction
# (docs/salesforce.md names the sources). Triggers and flows of the org count as well.
MOST_CHARACTERS = 32_000
MOST_STATEMENTS = 150
_ROOM_FOR_TRIGGERS = 50
# Records that the recycle bin gives back in one part.
_UNDELETED = 1_000

_OPENING = """\
// Keepone merge plan {plan_id}, part {part}. Run the parts in the order of their numbers.
List<Account> masters = new List<Account>();
List<List<Id>> duplicates = new List<List<Id>>();
List<Integer> steps = new List<Integer>();
"""
_STEP = """\
masters.add(new Account({fields})); duplicates.add(new List<Id>{{{ids}}}); steps.add({number});
"""
_CLOSING = """\
Integer done = 0;
List<String> failed = new List<String>();
for (Integer i = 0; i < masters.size(); i++) {
    try {
        Database.merge(masters[i], duplicates[i], true);
        done++;
    } catch (Exception problem) {
        failed.add('step ' + steps[i] + ': ' + problem.getMessage());
    }
}
System.debug(LoggingLevel.ERROR, 'Keepone: merged ' + done + ' of ' + masters.size() + ' steps');
for (String line : failed) {
    System.debug(LoggingLevel.ERROR, 'Keepone: ' + line);
}
"""

_UNDELETE_OPENING = """\
// Keepone merge plan {plan_id}, way back, part {part}: records return from the recycle bin.
List<Id> ids = new List<Id>{{
"""
_UNDELETE_CLOSING = """\
};
List<Account> gone = [SELECT Id FROM Account WHERE Id IN :ids AND IsDeleted = true ALL ROWS];
Integer done = 0;
for (Database.UndeleteResult result : Database.undelete(gone, false)) {
    if (result.isSuccess()) {
        done++;
    } else {
        System.debug(LoggingLevel.ERROR, 'Keepone: ' + result.getId() + ' ' + result.getErrors());
    }
}
System.debug(LoggingLevel.ERROR, 'Keepone: returned ' + done + ' of ' + ids.size());
"""


def write_merges(folder: Path, plan: Plan, statements: int) -> None:
    """Write the merges of a plan as scripts of so many statements at most.

    A single script is `merge.apex`; several are `apex/merge_NNNN.apex`.
    """
    targets = {target.column: target for target in plan.targets}
    lines = (_step_line(group, step, targets) for group, step in plan.steps())
    scripts = _scripts(lines, _OPENING, _CLOSING, plan.plan_id, statements)
    _written(folder, "merge", scripts)


def write_undeletes(folder: Path, plan: Plan, records: Sequence[str]) -> None:
    """Write scripts that take records out of the recycle bin."""
    lines = (f"    {apex_string(record)},\n" for record in records)
    scripts = (
        # The last of a list has no comma after it.
        script.replace(",\n};", "\n};")
        for script in _scripts(
            lines, _UNDELETE_OPENING, _UNDELETE_CLOSING, plan.plan_id, _UNDELETED
        )
    )
    _written(folder, "2_undelete", scripts)


def default_statements() -> int:
    """Return how many merges a script has unless it is said otherwise."""
    return MOST_STATEMENTS - _ROOM_FOR_TRIGGERS


def _step_line(group: Group, step: Step, targets: dict[str, Target]) -> str:
    fields = [f"Id={apex_string(group.master)}"]
    for column, text in step.values.items():
        value = None if text is None else read_value(targets[column], text)
        assert not isinstance(value, Refusal), "values that cannot be written are left out before"
        written = "null" if value is None else apex_literal(value)
        fields.append(f"{targets[column].api_name}={written}")
    return _STEP.format(
        fields=", ".join(fields),
        ids=", ".join(map(apex_string, step.duplicates)),
        number=step.number,
    )


def _scripts(
    lines: Iterable[str], opening: str, closing: str, plan_id: str, most: int
) -> Iterator[str]:
    """Put lines together to scripts that are neither too long nor change too much."""
    part, held = 0, list[str]()
    # A number of any length has its place.
    room = MOST_CHARACTERS - len(opening.format(plan_id=plan_id, part="0000000")) - len(closing)
    size = 0
    for line in lines:
        if held and (len(held) >= most or size + len(line) > room):
            part += 1
            yield opening.format(plan_id=plan_id, part=part) + "".join(held) + closing
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield opening.format(plan_id=plan_id, part=part + 1) + "".join(held) + closing


def _written(folder: Path, stem: str, scripts: Iterable[str]) -> None:
    texts = list(scripts)
    if len(texts) == 1:
        paths = [folder / f"{stem}.apex"]
    else:
        paths = [folder / "apex" / f"{stem}_{part:04d}.apex" for part in range(1, len(texts) + 1)]
    for path, text in zip(paths, texts, strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="ascii", newline="\n")
