"""`keepone doctor`."""
# ruff: noqa: PLC0415 - what a command works with is loaded when it is called

from __future__ import annotations

from pathlib import Path

from keepone.commands.options import AsJson, Workspace


def doctor(*, workspace: Workspace = Path("keepone-data"), as_json: AsJson = False) -> None:
    """Look whether all is well, and say how to mend what is not.

    Versions; memory and disk that are free, beside what runs need; damaged and unfinished runs;
    what interrupted work left; the log of decisions; who may read the workspace. Nothing is
    changed. Exit code 3 where something is damaged.
    """
    import platform
    from dataclasses import asdict

    from rich.text import Text

    import keepone
    from keepone.commands.output import print_json, shown, stdout
    from keepone.errors import GateError
    from keepone.fingerprints import library_versions
    from keepone.health import examine

    versions = {
        "keepone": keepone.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        **library_versions(),
    }
    findings = list(examine(workspace))
    damaged = [finding for finding in findings if finding.level == "damaged"]
    if as_json:
        told = [asdict(finding) for finding in findings]
        print_json({"healthy": not damaged, "versions": versions, "findings": told})
    else:
        console = stdout()
        said = ", ".join(f"{name} {version}" for name, version in versions.items())
        console.print(Text("ok       ", style="green").append(said, style="default"))
        styles = {"ok": "green", "note": "yellow", "damaged": "bold red"}
        for finding in findings:
            line = Text(f"{finding.level:<9}", style=styles[finding.level])
            console.print(line.append(shown(f"{finding.check}: {finding.says}"), style="default"))
            if finding.mend:
                console.print(Text(f"         mend: {shown(finding.mend)}", style="dim"))
    if damaged:
        message = f"{len(damaged):,} {'thing is' if len(damaged) == 1 else 'things are'} damaged"
        raise GateError(message, hint="Each line above says how to mend it.")
