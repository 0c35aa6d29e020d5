"""Stages on other engines: how they are named, and that the manifest tells which ran."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from keepone import SettingsError, load_settings, pipeline
from keepone.config import parse_engines
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.implementations import engines_of, with_engines
from keepone.pipeline import STAGES


@pytest.mark.parametrize(
    ("texts", "engines"),
    [
        ([], {}),
        (["reference"], {"*": "reference"}),
        (["disposition=reference", "duckdb"], {"disposition": "reference", "*": "duckdb"}),
    ],
)
def test_engines_are_named_for_a_stage_or_for_all(
    texts: list[str], engines: dict[str, str]
) -> None:
    assert parse_engines(texts) == engines


@pytest.mark.parametrize("texts", [[""], ["=reference"], ["fit="], ["fit=a", "fit=b"], ["a", "b"]])
def test_what_names_no_engine_is_told(texts: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_engines(texts)
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("engines", "said", "hint"),
    [
        ({"grouping": "duckdb"}, "no stage 'grouping'", "ingest, profile"),
        ({"fit": "spark"}, "fit cannot run on 'spark'", "duckdb or reference"),
        ({"fit": "pandas"}, "fit cannot run on 'pandas'", "duckdb or reference"),
        ({"*": "spark"}, "every stage cannot run on 'spark'", "duckdb or reference"),
        ({"*": "pandas"}, "every stage cannot run on 'pandas'", "group_stats alone"),
    ],
)
def test_an_engine_or_stage_there_is_not_is_told(
    engines: dict[str, str], said: str, hint: str
) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        with_engines(STAGES, engines)
    assert hint in (caught.value.hint or "")


def test_a_settings_file_says_where_its_engine_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "k.yaml"
    path.write_text("machine:\n  threads: 2\n  engines:\n    fit: spark\n")
    with pytest.raises(SettingsError, match=r"k\.yaml, line 3: machine\.engines: fit cannot run"):
        load_settings(path)


def test_pandas_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepone.implementations.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="pandas is not installed") as caught:
        with_engines(STAGES, {"group_stats": "pandas"})
    assert "pip install pandas" in (caught.value.hint or "")


def test_every_engine_of_every_stage_is_there() -> None:
    for stage in STAGES:
        for engine in engines_of(stage.name):
            (chosen,) = with_engines([stage], {stage.name: engine})
            assert chosen.engine == engine
            assert repr(chosen.run).startswith("<deferred keepone.")
            module = repr(chosen.run).removeprefix("<deferred ").removesuffix(">")
            assert importlib.util.find_spec(module) is not None


def test_the_manifest_tells_which_engine_ran(tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    write_export(generate(200, profile="crm", seed=5), source)
    chosen = load_settings(engines={"disposition": "reference", "group_stats": "pandas"})
    run = pipeline.run(source, settings=chosen, workspace=tmp_path)
    engines = {stage.name: stage.engine for stage in run.finished().stages}
    assert engines["disposition"] == "reference"
    assert engines["group_stats"] == "pandas"
    assert {engines[name] for name in engines if name not in chosen.machine.engines} == {"duckdb"}
