"""`keepone stages`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from keepone.commands.options import AsJson


def stages(*, as_json: AsJson = False) -> None:
    """List the stages in order, with what each reads and writes."""
    from keepone.commands.output import print_json, stdout, table_lines
    from keepone.pipeline import STAGES

    if as_json:
        print_json(
            [
                {
                    "number": number,
                    "name": stage.name,
                    "settings": stage.slices,
                    "reads": stage.reads,
                    "writes": stage.writes,
                }
                for number, stage in enumerate(STAGES)
            ]
        )
        return
    rows = [
        (f"{number:02d}", stage.name, ", ".join(stage.reads), ", ".join(stage.writes))
        for number, stage in enumerate(STAGES)
    ]
    console = stdout()
    for line in table_lines(("", "Stage", "Reads", "Writes"), rows):
        console.print(line)
