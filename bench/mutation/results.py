"""What mutation testing found, module by module, kept beside the reasons why mutants survived."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from bench.mutation.targets import ROOT, TARGETS, Target

_HERE = Path(__file__).parent
_RESULTS = _HERE / "results.json"
# Why a mutant that no test sees may live; kept by hand. Columns: module, was, becomes, why.
_EXPLAINED = _HERE / "explained.csv"
# So begins the reason of one that does what the code does: no test can see it, and it counts for
# nothing.
_EQUIVALENT = "Equivalent:"
PAGE = ROOT / "docs" / "mutation.md"

# The share that the tests of each part have to see of the mutants that can be seen, in percent.
GOAL = 95

_HEAD = """\
# Faults planted in the code that decides

Small faults are planted in the code that decides what becomes of a record, one at a time: in
Python, in the tables of rules, and in the statements of the stages. The tests that bear on the code
have to see each. Where a module has more mutants than are made, those made stand at even steps
through it. A mutant counts as seen if a test fails, or takes five times as long as without it.
Shares are of the mutants that differ from the code in what they do: those that are the same by
another name (*equivalent*, each with its reason below) can be seen by no test. Where a mutant
survived, a test was written, so that of mutants which were never made fewer are seen than these
shares say: [reliability.md](reliability.md) has what fresh draws came to.

| claim | how tested | cases | failures found and mended | failures left (why) |
|---|---|---|---|---|
"""


# Module, text before, text after.
_Mutant: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test saw."""

    line: int
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class ModuleResult:
    """One module: how many mutants it has, how many were made, and those that survived."""

    mutants: int
    made: int
    survivors: tuple[Survivor, ...]


def read_results() -> dict[str, ModuleResult]:
    """Return what is kept, by module."""
    if not _RESULTS.exists():
        return {}
    kept = json.loads(_RESULTS.read_text("utf-8"))
    return {
        module: ModuleResult(
            each["mutants"], each["made"], tuple(Survivor(**mutant) for mutant in each["survivors"])
        )
        for module, each in kept.items()
    }


def keep_results(results: Mapping[str, ModuleResult]) -> None:
    """Keep them, and write the page anew."""
    kept = {module: asdict(result) for module, result in sorted(results.items())}
    _RESULTS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(results), "utf-8")


def shortcomings(results: Mapping[str, ModuleResult]) -> list[str]:
    """Return what falls short: parts below the goal, survivors that nobody has explained."""
    why = _explained()
    found = [
        f"{target.name}: {each.seen} of {each.told} mutants seen, fewer than {GOAL} %"
        for target in TARGETS
        for each in [_counts(_of_target(target, results), why)]
        if 100 * each.seen < GOAL * each.told
    ]
    return found + [
        f"{module}:{each.line}: not explained in explained.csv: {each.was} => {each.becomes}"
        for module, result in results.items()
        for each in result.survivors
        if (module, each.was, each.becomes) not in why
    ]


def page(results: Mapping[str, ModuleResult]) -> str:
    """Return the page: a line per part of the code, then its modules, then every survivor."""
    why = _explained()
    lines = "".join(_part(target, _of_target(target, results), why) for target in TARGETS)
    modules = "".join(
        f"| {module} | {result.mutants} | {each.made} | {each.equivalent} | {_share(each)} |\n"
        for module, result in sorted(results.items())
        for each in [_counts({module: result}, why)]
    )
    survivors = "".join(
        f"- `{module}`, line {each.line}: {_code(each.was)} became {_code(each.becomes)}."
        f" {why.get((module, each.was, each.becomes), 'Not explained yet.')}\n"
        for module, result in sorted(results.items())
        for each in result.survivors
    )
    return (
        f"{_HEAD}{lines}\n## Modules\n\n| module | mutants | made | equivalent | seen |\n"
        f"|---|---|---|---|---|\n"
        f"{modules}\n## Survivors\n\n{survivors or 'None.' + chr(10)}"
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """So many mutants were made, of which some are equivalent, and some were seen."""

    made: int
    equivalent: int
    seen: int

    @property
    def told(self) -> int:
        """Those that a test could see."""
        return self.made - self.equivalent


def _counts(results: Mapping[str, ModuleResult], why: Mapping[_Mutant, str]) -> _Counts:
    made = sum(result.made for result in results.values())
    reasons = [
        why.get((module, each.was, each.becomes), "")
        for module, result in results.items()
        for each in result.survivors
    ]
    equivalent = sum(reason.startswith(_EQUIVALENT) for reason in reasons)
    return _Counts(made, equivalent, made - len(reasons))


def _part(target: Target, results: Mapping[str, ModuleResult], why: Mapping[_Mutant, str]) -> str:
    counts = _counts(results, why)
    if not counts.made:
        return f"| tests see faults in the {target.name} | `make mutants` | 0 | | not made yet |\n"
    everything = sum(result.mutants for result in results.values())
    cases = f"{counts.made} of {everything} mutants"
    if counts.equivalent:
        cases += f", {counts.equivalent} of them equivalent"
    cases += f"; {counts.seen} seen, {_share(counts)}"
    left = counts.told - counts.seen
    return (
        f"| tests see faults in the {target.name} | `make mutants` | {cases} | {target.mended} |"
        f" {f'{left}, listed below' if left else 'none'} |\n"
    )


def _of_target(target: Target, results: Mapping[str, ModuleResult]) -> dict[str, ModuleResult]:
    names = map(target.module, target.paths)
    return {name: results[name] for name in names if name in results}


def _share(counts: _Counts) -> str:
    return f"{counts.seen / counts.told:.1%}" if counts.told else ""


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _explained() -> dict[_Mutant, str]:
    with _EXPLAINED.open(encoding="utf-8", newline="") as file:
        return {
            (line["module"], line["was"], line["becomes"]): line["why"]
            for line in csv.DictReader(file)
        }
