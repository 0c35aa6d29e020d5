"""`keepone rules`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepone.commands.options import AsJson, Workspace

if TYPE_CHECKING:
    from keepone.rules.dispositions import Rule


def rules(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]", help="Id of a run, or its folder: count its records by rule."
        ),
    ] = None,
    *,
    workspace: Workspace = Path("keepone-data"),
    as_json: AsJson = False,
) -> None:
    """List the rules that decide what becomes of a record, in order: the first that holds decides.

    With a run, also how many of its records each rule took. Dispositions are called what the run
    calls them.
    """
    from keepone.commands.output import print_json, stdout, table_lines
    from keepone.rules.dispositions import RULES

    labels, counts = ({}, {}) if run is None else _of_run(run, workspace)
    if as_json:
        print_json([
            {
                "place": place,
                "rule": rule.name,
                "when": list(rule.when),
                "disposition": labels.get(rule.disposition, rule.disposition),
                "proposed_disposition": rule.proposed and labels.get(rule.proposed, rule.proposed),
                "reason": rule.reason,
                "flag": rule.flag,
            }
            | ({} if run is None else {"records": counts.get(rule.name, 0)})
            for place, rule in enumerate(RULES, 1)
        ])  # fmt: skip
        return
    header = ["", "Rule", "Disposition", "When", *(["Records"] if run else [])]
    rows = [
        [str(place), rule.name, _outcome(rule, labels), _conditions(rule)]
        + ([f"{counts.get(rule.name, 0):,}"] if run else [])
        for place, rule in enumerate(RULES, 1)
    ]
    console = stdout()
    for line in table_lines(header, rows, right=frozenset({0, 4})):
        console.print(line)


def _of_run(name: str, workspace: Path) -> tuple[dict[str, str], dict[str, int]]:
    """Return what a run calls dispositions, and how many of its records each rule took."""
    import pyarrow.compute as pc

    from keepone.counts import labels_of
    from keepone.run_tables import RunTables
    from keepone.runs import find_run

    tables = RunTables(find_run(name, workspace))
    decided = tables.whole("dispositions", ["rule"]).column("rule")
    counted = pc.value_counts(decided).to_pylist()
    return labels_of(tables.manifest), {each["values"]: each["counts"] for each in counted}


def _outcome(rule: Rule, labels: dict[str, str]) -> str:
    outcome = labels.get(rule.disposition, rule.disposition)
    return f"{outcome} ({labels.get(rule.proposed, rule.proposed)})" if rule.proposed else outcome


def _conditions(rule: Rule) -> str:
    return " and ".join(fact.replace("_", " ") for fact in rule.when) or "whatever is left"
