"""Reads from a finished run what a plan is made from: its groups, golden values, and junk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from keepone.fields import columns_by_field
from keepone.ids import group_id, name_fields
from keepone.merge_plan.accounts import Accounts
from keepone.merge_plan.groups import Junk, MergeGroup, Verdicts, Winner
from keepone.rules.dispositions import RULES
from keepone.run_tables import RunTables

# Labels can be renamed, names of rules cannot. What an unknown rule decided is for a person.
_MEANT = {rule.name: rule.disposition for rule in RULES}
_OPEN = "Verify"
# Junk that the run leaves to a person: the check that has it, and what would let it go.
_OPEN_JUNK = {
    "junk_unchecked": (
        "children_unknown",
        "run again with --children, and it is deleted where nothing refers to it",
    ),
    "junk_referred": ("has_children", "deleting it would delete these, or leave them without it"),
}
# A duplicate of which people decided so stays out of the merge, and nothing is open about it.
_SETTLED_APART = ("decided_keep", "decided_delete")


def read_verdicts(tables: RunTables, accounts: Accounts) -> Verdicts:
    """Return the groups of a run in their order, and its junk in the order of its records."""
    members = tables.whole("members", ["row", "group", "size", "primary"])
    decided = tables.whole("dispositions", ["row", "rule", "reason"])
    rules: list[str] = decided.column("rule").to_pylist()
    reasons = decided.column("reason")
    ids: list[str] = accounts.ids.to_pylist()
    datasets: list[str] = tables.whole("records", ["dataset"]).column(0).to_pylist()
    grouped = members.filter(pc.greater(members.column("size"), 1)).sort_by(
        [("group", "ascending"), ("row", "ascending")]
    )
    rows_of: defaultdict[int, list[int]] = defaultdict(list)
    primary_of: dict[int, int] = {}
    for row, group, primary in zip(
        grouped.column("row").to_pylist(),
        grouped.column("group").to_pylist(),
        grouped.column("primary").to_pylist(),
        strict=True,
    ):
        rows_of[group].append(row)
        primary_of[group] = primary
    winners = _winners(tables, accounts, primary_of, datasets)
    junk = {row for row, rule in enumerate(rules) if _MEANT.get(rule, _OPEN) == "Delete"}
    groups = []
    for group, together in rows_of.items():
        if junk.issuperset(together):
            continue
        primary = primary_of[group]
        apart = {row for row in together if row != primary and rules[row] in _SETTLED_APART}
        junk.difference_update(set(together) - apart)
        rows = [row for row in together if row not in apart]
        if len(rows) == 1:
            continue
        groups.append(
            MergeGroup(
                group_id(datasets[group], ids[group]),
                ids[primary],
                tuple(ids[row] for row in rows if row != primary),
                winners.get(group, {}),
                _objections(rows, primary, ids, rules, reasons),
            )
        )
    alone = set(range(len(ids))).difference(*rows_of.values())
    open_junk = {row for row in alone if rules[row] in _OPEN_JUNK}
    return Verdicts(
        tuple(groups),
        tuple(
            Junk(
                ids[row],
                reasons[row].as_py(),
                (_OPEN_JUNK[rules[row]],) if row in open_junk else (),
            )
            for row in sorted(junk | open_junk)
        ),
    )


def _objections(
    rows: Sequence[int],
    primary: int,
    ids: Sequence[str],
    rules: Sequence[str],
    reasons: pa.ChunkedArray,
) -> tuple[tuple[str, str], ...]:
    """Return what the run itself has against merging a group: its first record that is open."""
    for row in rows:
        wanted = {"Keep", "Enrich"} if row == primary else {"Merge"}
        if _MEANT.get(rules[row], _OPEN) not in wanted:
            return (("open_verify", f"{ids[row]}: {reasons[row].as_py()}"),)
    return ()


def _winners(
    tables: RunTables,
    accounts: Accounts,
    primary_of: Mapping[int, int],
    datasets: Sequence[str],
) -> Mapping[int, dict[str, Winner]]:
    """Return by group the golden values that are not the primary's own, by header."""
    told = ["group", "column", "value", "source", "gained", "changed"]
    golden = tables.whole("golden", told)
    golden = golden.filter(pc.or_(golden.column("gained"), golden.column("changed")))
    fields = tables.whole("fields")
    header_of = dict(
        zip(fields.column("column").to_pylist(), fields.column("header").to_pylist(), strict=True)
    )
    alike = {
        columns[0]: columns for columns in columns_by_field(fields).values() if len(columns) > 1
    }
    filled_in = dict(
        zip(fields.column("column").to_pylist(), fields.column("datasets").to_pylist(), strict=True)
    )
    ids: list[str] = accounts.ids.to_pylist()
    found: defaultdict[int, dict[str, Winner]] = defaultdict(dict)
    for line in golden.to_pylist():
        primary = primary_of[line["group"]]
        column = line["column"]
        if column in alike:
            # Files call the field by different names: it is written under that of the primary's.
            column = next(
                (
                    each
                    for each in alike[column]
                    if filled_in[each] is None or datasets[primary] in filled_in[each]
                ),
                column,
            )
        header = header_of[column]
        if header in accounts.id_columns or accounts.cell(header, ids[primary]) == line["value"]:
            continue
        source = line["source"]
        found[line["group"]][header] = Winner(
            line["value"], None if source is None else ids[source]
        )
    return found


def called(tables: RunTables) -> dict[str, str]:
    """Return what each record of a run is called, as its cells have it."""
    ids: list[str] = tables.whole("records", ["record_id"]).column(0).to_pylist()
    columns = _name_columns(tables)
    if not columns:
        return dict.fromkeys(ids, "")
    cells = [tables.whole("inputs", [column]).column(0).to_pylist() for column in columns]
    return {
        record: " ".join(filter(None, parts))
        for record, parts in zip(ids, zip(*cells, strict=True), strict=True)
    }


def name_headers(tables: RunTables) -> list[str]:
    """Return the headers of the columns that together name a record."""
    header_of = {line["column"]: line["header"] for line in tables.whole("headers").to_pylist()}
    return [header_of[column] for column in _name_columns(tables)]


def _name_columns(tables: RunTables) -> list[str]:
    return [column for found in name_fields(tables.whole("fields")).values() for column in found]
