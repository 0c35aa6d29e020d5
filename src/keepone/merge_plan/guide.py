"""README.txt of a plan and of its way back: what an operator does, in which order."""

# ruff: noqa: ISC004 - a list of sentences, each over several lines; each ends where the comma is
from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from keepone.merge_plan.checks import acceptable_checks
from keepone.merge_plan.document import Plan
from keepone.merge_plan.restoration import Restoration

_WIDTH = 92
_PART = re.compile(r"_\d{3,4}(?=\.)")

_FILES = {
    "merge_steps": "for people: every merge in order, with the values that change",
    "verify": "for people: what the plan leaves alone, and why",
    "merge": "for machines: the merges as anonymous Apex, to run in order",
    "merge_requests": "for machines: the same merges for the SOAP call merge()",
    "primary_updates": "to load: values to write to the records kept, after all merges",
    "deletes": "to load: junk that nothing refers to",
    "crosswalk": "for machines: the id of each record that goes, and of the one it went into",
    "before_images": "for machines: all touched records as they were, every cell as it came",
    "1_masters": "to load: the records kept get their values back",
    "2_undelete": "for machines: records return from the recycle bin, as anonymous Apex",
    "3_parents": "to load: accounts get their parent account back",
    "3_accounts": "to load: accounts point again to where they did",
    "4_": "to load: child records return to their accounts",
    "5_insert_if_purged": "to load: records to make again where they cannot be restored",
    "reparent_map": "for machines: each child record, its account before and after",
}

# What is done with the files whose names begin so.
_RESTORING = {
    "1_": "1_masters.csv: Data Loader, Update, with the Bulk API on: #N/A empties a field there,"
    " and blank cells leave theirs alone.",
    "2_": "2_undelete.apex, or all of them in the folder apex: run each in the Developer Console or"
    " with: sf apex run --file FILE. Records stay in the recycle bin for 15 days, less if it is"
    " full. What it returns has its old id and values, but no children: those stay with the record"
    " kept until they are pointed back.",
    "3_": "3_*.csv: Data Loader, Update, Bulk API on, one batch after the other (serial mode): rows"
    " stand from the top of each hierarchy down.",
    "4_": "4_*.csv: Data Loader, Update, object by object.",
    "5_": "5_insert_if_purged.csv, only for records that the recycle bin no longer has: Data"
    " Loader, Insert, without mapping old_id. They get new ids: write these into new_id of"
    " crosswalk.csv, and put them in the place of the old ones in the files 3_ and 4_ before you"
    " load those.",
}
_RESTORING_ELSEWHERE = {
    "1_": "1_masters.csv: write these values; #N/A stands for an empty field.",
    "5_": "Restore the merged and deleted records as your system allows, or insert"
    " 5_insert_if_purged.csv and write the new ids into crosswalk.csv.",
    "3_": "3_*.csv: point accounts back to where they pointed.",
    "4_": "4_*.csv: point children back to their accounts.",
}


def plan_guide(plan: Plan, files: Iterable[str]) -> str:
    """Return what the operator of a plan has to know."""
    files = list(files)
    steps = sum(1 for _ in plan.steps())
    merged = sum(len(group.losers) for group in plan.groups)
    created = sum(group.oldest is not None for group in plan.groups)
    origin = ", ".join(file.file for file in plan.origin.export)
    parts = [
        f"Merge plan {plan.plan_id}\n\nFrom run {plan.origin.run_id}; accounts of {origin}.",
        f"Groups that become one record each: {len(plan.groups):,}. Records that are merged:"
        f" {merged:,}, in {steps:,} steps. Junk records that are deleted: {len(plan.deletions):,}."
        f" Findings that are left for a person: {len(plan.left_out):,}"
        f"{' (verify.csv)' * bool(plan.left_out)}.",
        _listed("Files", _described(files)),
        "A file for people may be opened in a spreadsheet: cells that would be formulas there have"
        " an apostrophe before them. Files for machines and files to load have every value exactly"
        " as it is; opening and saving one in a spreadsheet can change ids, dates and zeros, and"
        " can run formulas that somebody typed into a record. plan.json and the folder before are"
        " what verifying and the way back work with: leave them as they are.",
    ]
    parts.append(_salesforce_order(plan, files) if plan.salesforce else _other_order(plan))
    if plan.accepted:
        parts.append(f"Accepted when the plan was made: {', '.join(plan.accepted)}.")
    parts.append(_left_out(plan))
    parts.append(
        _listed("Not shown by the given files; look yourself", [each.says for each in plan.unseen])
        if plan.unseen
        else ""
    )
    parts.append(_unwritten(plan))
    if created:
        follow = "The created date and creator of a record kept become those of its group's oldest"
        parts.append(
            f"{follow} record: in {created:,} groups that is another one. Created dates stand in"
            " merge_steps.csv, and no way back changes them."
        )
    return _text(parts)


def restoring_guide(plan: Plan, restoration: Restoration, files: Iterable[str]) -> str:
    """Return what has to be known by who takes a plan back."""
    files = list(files)
    stems = {name.rpartition("/")[2] for name in files}
    parts = [
        f"Way back of merge plan {plan.plan_id}",
        f"Records kept that get values back: {len(restoration.masters):,}. Records that return:"
        f" {len(restoration.undelete):,}. Pointers that are set back: {len(restoration.accounts):,}"
        f" of accounts, {len(restoration.children):,} of child records.",
        _listed("Files", _described(files)),
    ]
    if plan.salesforce:
        parts += [
            _listed(
                "In the order of the files' numbers, with automation (triggers, flows, duplicate"
                " rules) off as far as you can",
                _present(_RESTORING, stems),
            ),
            "All of this can be done again, and after a plan that was carried out in part: what is"
            " as it was stays so. What people wrote since into the fields that 1_masters.csv has,"
            " is overwritten; drop the rows that should stay.",
            _listed(
                "What does not return",
                [
                    "the created date and creator of records kept, where the oldest was another",
                    "ids, feeds, field history, and sharing of records that have to be inserted",
                    "feeds and manual sharing of merged records, as far as the merge dropped them",
                    "children of objects that were not given when the plan was made"
                    if plan.origin.children
                    else "children: no child export was given when the plan was made, so nothing"
                    " says which were whose",
                    "contact relations that a merge dropped as redundant; relations of contacts"
                    " and users follow their contact (reparent_map.csv has them all)",
                    "what triggers, flows and integrations did when records were merged",
                ],
            ),
        ]
    else:
        parts.append(
            _listed("In the order of the files' numbers", _present(_RESTORING_ELSEWHERE, stems))
        )
    parts.append("before_images.csv has every touched record as it was, to compare with.")
    return _text(parts)


def _verified_first(plan: Plan) -> str:
    """Return how it is seen on the day that nothing has changed."""
    what = "all accounts" if plan.salesforce else "all records"
    options = "--export FRESH"
    children = ", ".join(file.file for file in plan.origin.children)
    if children:
        what += f" and their children ({children})"
        options += " --children FRESH, --children for each file of children"
    return (
        f"Export {what} again, with the same columns, and run: keepone plan verify DIR {options}."
        " It refuses where a record changed meanwhile; then run the fresh export, and make a plan"
        " from that."
    )


def _salesforce_order(plan: Plan, files: Sequence[str]) -> str:
    scripts = [name for name in files if name.endswith(".apex")]
    gone = len(plan.deletions) + sum(len(group.losers) for group in plan.groups)
    steps = [
        _verified_first(plan),
        "Take a full backup (Data Export Service or your backup tool). Write the way back: keepone"
        " plan rollback DIR.",
        f"{gone:,} records will go to the recycle bin. It holds them for 15 days, and 5,000 a user"
        " license at a time: past that the oldest are gone for good. If yours holds fewer, carry"
        " the plan out over several weeks, or rely on the backup.",
        "Try it in a sandbox first. Turn off duplicate rules, and what automation need not run.",
    ]
    if scripts:
        which = scripts[0]
        if len(scripts) > 1:
            which = f"{scripts[0]} to {scripts[-1]}, in the order of their numbers"
        steps.append(
            f"{which}: run as a user who may edit and delete all these accounts, in the Developer"
            " Console (Execute Anonymous) or with: sf apex run --file FILE. The log tells which"
            " steps failed; they changed nothing, and may be run again. A script that the platform"
            ' stops at one of its limits ("System.LimitException") has changed nothing at all:'
            " triggers and flows count as well, so make the plan with a smaller --statements."
            " merge_requests.json has the same merges for an integration that calls the SOAP API:"
            " carry out one of the two, not both."
        )
    if any(group.late for group in plan.groups):
        steps.append(
            "primary_updates.csv: Data Loader, Update, with the Bulk API on, after all merges:"
            " these values are unique or long, and wait until the merges have freed them. Blank"
            " cells leave their field alone; #N/A empties it, in the Bulk API only."
        )
    if plan.deletions:
        steps.append("deletes.csv: Data Loader, Delete. No merged record is in it.")
    return _listed("In this order", steps, numbered=True)


def _other_order(plan: Plan) -> str:
    steps = [
        _verified_first(plan),
        "Take a backup, and write the way back: keepone plan rollback DIR.",
        "merge_steps.csv: merge as your system does, keeping the record of the column Keep. Where"
        " it cannot, point what refers to the others to the record kept, by crosswalk.csv, and"
        " remove them.",
    ]
    if any(group.late for group in plan.groups):
        steps.append(
            "primary_updates.csv: write these values to the records kept; #N/A stands for an empty"
            " field, blank cells leave theirs alone."
        )
    if plan.deletions:
        steps.append("deletes.csv: delete these. No merged record is in it.")
    title = "These are no ids of Salesforce accounts, so there are no scripts. In this order"
    return _listed(title, steps, numbered=True)


def _left_out(plan: Plan) -> str:
    counts = Counter(each.check for each in plan.left_out)
    if not counts:
        return ""
    may = acceptable_checks()
    return _listed(
        "Left for a person (verify.csv says which and why)",
        [
            f"{check}: {count:,}"
            + f" (if that is no reason: make the plan with --accept {check})" * (check in may)
            for check, count in counts.items()
        ],
    )


def _unwritten(plan: Plan) -> str:
    """Say which golden values nobody writes, as they would be lost."""
    why = {column.column: column.why for column in plan.unwritten}
    counts = Counter(column for group in plan.groups for column in group.golden if column in why)
    if not counts:
        return ""
    return _listed(
        "Columns whose winning values are not written (the before-images have them)",
        [f"{column}: in {count:,} groups; {why[column]}" for column, count in counts.items()],
    )


def _present(says: Mapping[str, str], files: Iterable[str]) -> list[str]:
    """Return what is said of the files that there are."""
    there = {name[:2] for name in files}
    return [line for start, line in says.items() if start in there]


def _described(files: Iterable[str]) -> list[str]:
    """Return a line for each file, one for all parts of it."""
    parts: dict[str, list[str]] = {}
    for name in files:
        parts.setdefault(_PART.sub("", name), []).append(name)
    return [
        f"{names[0]}{f' to {names[-1]}' if len(names) > 1 else ''}: {_says(names[0])}"
        for names in parts.values()
    ]


def _says(name: str) -> str:
    stem = name.rpartition("/")[2]
    # merge_requests.json begins as merge.apex does: the longer name tells.
    return _FILES[max((known for known in _FILES if stem.startswith(known)), key=len)]


def _listed(title: str, lines: Sequence[str], *, numbered: bool = False) -> str:
    marks = [f"{place}. " if numbered else "- " for place in range(1, len(lines) + 1)]
    return "\n".join(
        [
            textwrap.fill(f"{title}:", _WIDTH),
            "",
            *(
                textwrap.fill(line, _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark))
                for mark, line in zip(marks, lines, strict=True)
            ),
        ]
    )


def _text(parts: Iterable[str]) -> str:
    """Join paragraphs; those without lines of their own are wrapped."""
    return (
        "\n\n".join(part if "\n" in part else textwrap.fill(part, _WIDTH) for part in parts if part)
        + "\n"
    )
