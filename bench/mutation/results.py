"""What mutation testing found, module by module, kept beside the reasons why mutants survived."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.mutation.targets import ROOT, TARGETS, Target

_HERE = Path(__file__).parent
_RESULTS = _HERE / "results.json"
# Why a mutant that no test sees may live; kept by hand. Columns: module, was, becomes, why.
_EXPLAINED = _HERE / "explained.csv"
PAGE = ROOT / "docs" / "mutation.md"

# The share of mutants that the tests of each part have to see, in percent.
GOAL = 95

_HEAD = """\
# Faults planted in the code that decides

Small faults are planted in the code that decides what becomes of a record, one at a time: in
Python, in the tables of rules, and in the statements of the stages. The tests that bear on the code
have to see each. Where a module has more mutants than are made, those made stand at even steps
through it. A mutant counts as seen if a test fails, or takes five times as long as without it.

| claim | how tested | cases | failures found and mended | failures left (why) |
|---|---|---|---|---|
"""


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
        f"{target.name}: {seen} of {made} mutants seen, fewer than {GOAL} %"
        for target in TARGETS
        for made, seen in [_sum(target, results)]
        if 100 * seen < GOAL * made
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
    lines = "".join(_part(target, results) for target in TARGETS)
    modules = "".join(
        f"| {module} | {result.mutants} | {result.made} | {_share(result)} |\n"
        for module, result in sorted(results.items())
    )
    survivors = "".join(
        f"- `{module}`, line {each.line}: {_code(each.was)} became {_code(each.becomes)}."
        f" {why.get((module, each.was, each.becomes), 'Not explained yet.')}\n"
        for module, result in sorted(results.items())
        for each in result.survivors
    )
    return (
        f"{_HEAD}{lines}\n## Modules\n\n| module | mutants | made | seen |\n|---|---|---|---|\n"
        f"{modules}\n## Survivors\n\n{survivors or 'None.' + chr(10)}"
    )


def _part(target: Target, results: Mapping[str, ModuleResult]) -> str:
    made, seen = _sum(target, results)
    if not made:
        return f"| tests see faults in the {target.name} | `make mutants` | 0 | | not made yet |\n"
    low, high = interval(seen, made)
    everything = sum(results[module].mutants for module in _modules(target, results))
    cases = f"{made} of {everything} mutants; {seen} seen, {seen / made:.1%}"
    if made < everything:
        cases += f" (95 % interval of the share: {low:.1%} to {high:.1%})"
    left = f"{made - seen}, listed below" if made > seen else "none"
    return (
        f"| tests see faults in the {target.name} | `make mutants` | {cases} | {target.mended} |"
        f" {left} |\n"
    )


def interval(seen: int, made: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    z = 1.96
    share, weight = seen / made, z * z / made
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / made + weight / (4 * made)) / (1 + weight)
    return middle - half, middle + half


def _sum(target: Target, results: Mapping[str, ModuleResult]) -> tuple[int, int]:
    found = [results[module] for module in _modules(target, results)]
    made = sum(result.made for result in found)
    return made, made - sum(len(result.survivors) for result in found)


def _modules(target: Target, results: Mapping[str, ModuleResult]) -> Sequence[str]:
    return [name for name in map(target.module, target.paths) if name in results]


def _share(result: ModuleResult) -> str:
    return f"{(result.made - len(result.survivors)) / result.made:.1%}" if result.made else ""


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _explained() -> dict[tuple[str, str, str], str]:
    with _EXPLAINED.open(encoding="utf-8", newline="") as file:
        return {
            (line["module"], line["was"], line["becomes"]): line["why"]
            for line in csv.DictReader(file)
        }
