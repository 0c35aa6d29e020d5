"""The folder stages/ is the vocabulary, STAGES the order, TABLES the contract of each table."""

from __future__ import annotations

import inspect
from itertools import chain
from pathlib import Path

import keepone
from keepone.pipeline import STAGES
from keepone.schema import TABLES
from keepone.settings import Settings

_SOURCE = Path(keepone.__file__).parent
_JSON = {"model"}
_GIVEN = {"sources", "child_exports", "decisions", "statements"}


def _modules(folder: str) -> set[str]:
    return {path.stem for path in (_SOURCE / folder).glob("*.py")} - {"__init__"}


def test_each_module_in_stages_is_a_stage() -> None:
    assert _modules("stages") == {stage.name for stage in STAGES}


def test_a_stage_is_the_function_named_like_its_module() -> None:
    for stage in STAGES:
        function = inspect.unwrap(stage.run)
        assert function.__module__ == f"keepone.stages.{stage.name}"
        assert function.__name__ == stage.name


def test_each_stage_has_its_row_by_row_reference() -> None:
    assert {stage.name for stage in STAGES} <= _modules("reference")


def test_each_table_is_written_once_and_has_a_schema() -> None:
    written = list(chain.from_iterable(stage.writes for stage in STAGES))
    assert sorted(written) == sorted({*TABLES, *_JSON})


def test_what_a_stage_reads_is_written_before() -> None:
    written = set(_GIVEN)
    for stage in STAGES:
        assert set(stage.reads) <= written, stage.name
        written.update(stage.writes)


def test_a_stage_takes_exactly_what_it_declares() -> None:
    for stage in STAGES:
        engine, settings, *others = inspect.signature(stage.run).parameters.values()
        assert (engine.name, settings.name) == ("engine", "settings"), stage.name
        assert {other.name for other in others} == {*stage.also, *stage.reads}, stage.name
        assert all(other.kind is inspect.Parameter.KEYWORD_ONLY for other in others), stage.name


def test_settings_have_one_slice_per_stage_and_the_machines() -> None:
    assert list(Settings.model_fields) == [*(stage.name for stage in STAGES), "machine"]
    for stage in STAGES:
        assert set(stage.slices) <= set(Settings.model_fields)
