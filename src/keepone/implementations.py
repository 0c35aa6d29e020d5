"""The engines that a stage can run on: its own, and others that give the same.

They are there to roll back to, and to hold the stage against. Whichever is chosen, the result is
the same to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec

from keepone.errors import SettingsError
from keepone.settings import ALL_STAGES, Settings
from keepone.stage import Deferred, Stage

DUCKDB, REFERENCE, PANDAS = "duckdb", "reference", "pandas"

_STAGES = tuple(name for name in Settings.model_fields if name != "machine")
_IN_PANDAS = frozenset({"group_stats"})


def engines_of(stage: str) -> tuple[str, ...]:
    """Return the names of the engines that `stage` can run on, its own first."""
    return (DUCKDB, REFERENCE, PANDAS) if stage in _IN_PANDAS else (DUCKDB, REFERENCE)


def check_engines(chosen: Mapping[str, str]) -> None:
    """Raise `SettingsError` where a stage or engine is named that there is not."""
    for stage, engine in chosen.items():
        if stage not in (*_STAGES, ALL_STAGES):
            message = f"machine.engines: there is no stage {stage!r}"
            raise SettingsError(message, hint=f"The stages are {_listed(_STAGES)}.")
        named = _STAGES if stage == ALL_STAGES else (stage,)
        having = [one for one in named if engine in engines_of(one)]
        if len(having) < len(named):
            message = f"machine.engines: {_subject(stage)} cannot run on {engine!r}"
            known = dict.fromkeys(one for name in named for one in engines_of(name))
            able = [one for one in known if all(one in engines_of(name) for name in named)]
            only = f" {engine} is there for {_listed(having)} alone." if having else ""
            raise SettingsError(message, hint=f"Choose {_listed(able, 'or')}.{only}")
    if PANDAS in chosen.values() and find_spec("pandas") is None:
        message = "machine.engines: pandas is not installed"
        raise SettingsError(message, hint="Install it (pip install pandas), or leave it out.")


def with_engines(stages: Sequence[Stage], chosen: Mapping[str, str]) -> tuple[Stage, ...]:
    """Return `stages`, each on the engine chosen for it.

    `chosen` is stage to engine; `*` stands for the stages it does not name. A stage without one
    stays as it is. Raises `SettingsError` as `check_engines` does.
    """
    check_engines(chosen)
    return tuple(_on(stage, chosen.get(stage.name, chosen.get(ALL_STAGES))) for stage in stages)


def _on(stage: Stage, engine: str | None) -> Stage:
    if engine == REFERENCE:
        return replace(stage, run=Deferred(f"keepone.reference.{stage.name}"), engine=engine)
    if engine == PANDAS:
        return replace(stage, run=Deferred(f"keepone.engines.pandas.{stage.name}"), engine=engine)
    return replace(stage, engine=engine)


def _subject(stage: str) -> str:
    return "every stage" if stage == ALL_STAGES else stage


def _listed(names: Iterable[str], word: str = "and") -> str:
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
