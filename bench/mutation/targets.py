"""What is mutated, and which tests are to see it: those that bear on each part of the code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PACKAGE = ROOT / "src" / "keepone"


@dataclass(frozen=True, slots=True)
class Target:
    """One part of the code, the tests that judge its mutants, and what they led to.

    Of each module `most` mutants are made: fewer where there are many modules, or the tests of a
    mutant take long.
    """

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    most: int
    mended: str = ""

    @property
    def paths(self) -> list[Path]:
        """The modules' files; a folder stands for all that is in it."""
        found = [_PACKAGE / name for name in self.modules]
        return [
            path
            for each in found
            for path in (sorted(each.glob("*.py")) if each.is_dir() else [each])
            if path.name != "__init__.py"
        ]

    @staticmethod
    def module(path: Path) -> str:
        """Return what a module is called: where it stands in the package."""
        return path.relative_to(_PACKAGE).as_posix()


TARGETS = (
    Target(
        "dispositions",
        ("rules/dispositions.py", "rules/disposition_facts.py", "stages/disposition.py"),
        ("tests/aftermatch/test_disposition.py",),
        most=150,
    ),
    Target(
        "survivorship",
        ("stages/survivorship.py", "kernels/paths.py"),
        (
            "tests/aftermatch/test_survivorship.py",
            "tests/aftermatch/test_paths.py",
        ),
        most=40,
    ),
    Target(
        "merge plan",
        ("merge_plan",),
        (
            "tests/merge_plan/test_planning.py",
            "tests/merge_plan/test_accounts.py",
            "tests/merge_plan/test_cells.py",
            "tests/merge_plan/test_checks.py",
            "tests/merge_plan/test_children.py",
            "tests/merge_plan/test_decided.py",
            "tests/merge_plan/test_files.py",
            "tests/merge_plan/test_freshness.py",
            "tests/merge_plan/test_guides.py",
            "tests/merge_plan/test_oddities.py",
            "tests/merge_plan/test_round_trip.py",
            "tests/merge_plan/test_simulator.py",
            "tests/merge_plan/test_whole_path.py",
        ),
        most=3,
    ),
    Target(
        "decision log",
        ("decisions",),
        (
            "tests/decisions/test_log.py",
            "tests/decisions/test_resolution.py",
            "tests/decisions/test_decide.py",
            "tests/decisions/test_database.py",
            "tests/decisions/test_decision.py",
            "tests/decisions/test_exchange.py",
            "tests/decisions/test_workspace.py",
            "tests/decisions/test_writer.py",
            "tests/operations/test_doctor.py",
            "tests/operations/test_forgetting.py",
            "tests/whole_run/test_decisions.py",
        ),
        most=8,
        mended="1: a blank value or note was logged, without effect, and refused when imported",
    ),
)
