"""Model files: what is read, what is told of those that are none, and what a run makes of one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import keepone
from keepone.cli import app
from keepone.engines.duckdb import DuckDBEngine
from keepone.errors import SettingsError
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.model import Model
from keepone.model_files import read_model, with_given_model, write_model
from keepone.settings import FitSettings, Settings
from tests.matching.runs import assert_same_by_both
from tests.matching.tables import Matchable, all_pairs, matchable

_ENGINE = DuckDBEngine(threads=2)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "accounts.csv"
    write_export(generate(600, profile="dense", seed=6), path)
    return path


@pytest.fixture(scope="module")
def fitted(export: Path) -> keepone.Result:
    return keepone.run(export, workspace=export.parent / "data", run_id="fitted")


@pytest.fixture
def told(fitted: keepone.Result) -> dict[str, Any]:
    model: dict[str, Any] = json.loads((fitted.path / "model.json").read_text("utf-8"))
    return model


def given_model(path: Path, told: Any) -> Settings:
    path.write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
    return Settings(fit=FitSettings(model=str(path)))


def test_a_run_with_its_own_model_is_the_same_run(
    export: Path, fitted: keepone.Result, tmp_path: Path
) -> None:
    chosen = Settings(fit=FitSettings(model=str(fitted.path / "model.json")))
    again = keepone.run(export, workspace=tmp_path, settings=chosen)
    for name in ("pairs", "groups", "frequencies", "review_ready"):
        assert again.table(name).to_arrow().equals(fitted.table(name).to_arrow()), name
    assert again.manifest["notes"] == []


def test_what_labels_calibrated_is_left_as_it_is(
    export: Path, told: dict[str, Any], tmp_path: Path
) -> None:
    def run(**changed: Any) -> keepone.Result:
        chosen = given_model(tmp_path / "m.json", told | changed)
        return keepone.run(export, workspace=tmp_path, settings=chosen)

    by_labels, by_groups = run(calibrated=True), run()
    assert json.loads((by_labels.path / "model.json").read_text("utf-8"))["calibrated"] is True
    assert not by_labels.table("calibration").to_arrow().num_rows
    assert by_groups.table("calibration").to_arrow().num_rows
    left, right = (each.table("pairs").to_arrow() for each in (by_labels, by_groups))
    assert left["probability"].equals(left["model_probability"])
    assert left["model_probability"].equals(right["model_probability"])
    assert not left["probability"].equals(right["probability"])
    assert by_labels.table("groups").to_arrow().equals(by_groups.table("groups").to_arrow())


def test_the_content_decides_and_not_the_path(
    export: Path, told: dict[str, Any], tmp_path: Path
) -> None:
    def digest(path: Path, model: dict[str, Any]) -> str:
        run = keepone.run(export, workspace=tmp_path, settings=given_model(path, model))
        digest: str = run.manifest["settings_digest"]
        return digest

    one = digest(tmp_path / "one.json", told)
    assert digest(tmp_path / "other.json", told) == one
    assert digest(tmp_path / "one.json", told | {"prior_weight": -20_000}) != one


def test_fields_that_do_not_meet_are_told(
    export: Path, told: dict[str, Any], tmp_path: Path
) -> None:
    first, *others = told["fields"]
    stranger = json.loads(json.dumps(first)) | {"field": "branch"}
    chosen = given_model(tmp_path / "m.json", told | {"fields": [stranger, *others]})
    result = keepone.run(export, workspace=tmp_path, run_id="other", settings=chosen)
    ours = json.loads((result.path / "model.json").read_text("utf-8"))
    assert (ours["believed"], ours["unused"]) == ([first["field"]], ["branch"])
    notes = result.manifest["notes"]
    assert any(note.endswith(f"usual: {first['field']}") for note in notes)
    assert any(note.endswith("does not have: branch") for note in notes)
    shown = CliRunner().invoke(app, ["runs", "show", str(result.path)])
    assert "branch" in shown.stdout


def test_a_model_of_another_kind_of_file_is_refused(
    export: Path, told: dict[str, Any], tmp_path: Path
) -> None:
    fields = [field | {"field": f"x_{field['field']}"} for field in told["fields"]]
    chosen = given_model(tmp_path / "m.json", told | {"fields": fields})
    with pytest.raises(SettingsError, match="weighs none of the fields") as error:
        keepone.run(export, workspace=tmp_path, settings=chosen)
    assert "x_name (organisation)" in str(error.value.hint)


def _without(level: str) -> Callable[[dict[str, Any]], Any]:
    def change(model: dict[str, Any]) -> Any:
        levels = model["fields"][0]["levels"]
        model["fields"][0]["levels"] = [each for each in levels if each["level"] != level]
        return model

    return change


def _field(**values: Any) -> Callable[[dict[str, Any]], Any]:
    def change(model: dict[str, Any]) -> Any:
        model["fields"][0] |= values
        return model

    return change


def _level(**values: Any) -> Callable[[dict[str, Any]], Any]:
    def change(model: dict[str, Any]) -> Any:
        model["fields"][0]["levels"][1] |= values
        return model

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: "", "not whole"),
        (lambda model: json.dumps(model)[:200], "not whole"),
        (lambda _: "[" * 100_000, "not whole"),
        (lambda _: "[]", "no version"),
        (lambda _: '{"weight": 1}', "no version"),
        (lambda model: model | {"version": 7}, "of version 7; this release knows 1"),
        (lambda model: model | {"version": [1]}, "of version"),
        (lambda model: model | {"slope": float("nan")}, "slope"),
        (lambda model: model | {"slope": 0}, "slope: input should be greater than 0"),
        (lambda model: model | {"slope": float("inf")}, "slope"),
        (lambda model: model | {"overlap": 1001}, "overlap"),
        (lambda model: model | {"prior_weight": 1.5}, "prior_weight"),
        (lambda model: model | {"colour": "red"}, "colour"),
        (lambda model: {**model, "fields": []}, "weighs no field"),
        (lambda model: model | {"fields": model["fields"] * 2}, "twice"),
        (_level(weight=10**9), "fields.0.levels.1.weight"),
        (_level(weight=float("nan")), "fields.0.levels.1.weight"),
        (_level(level="same, shared by 7"), "has a level 'same, shared by 7' that its type does"),
        (_level(level="missing"), "has a level 'missing'"),
        (_without("nothing shared"), "lacks the level 'nothing shared'"),
        (_without("missing"), "does not begin with the level 'missing'"),
        (_field(levels=[]), "does not begin with the level 'missing'"),
        (_field(type="colour"), "of the type 'colour', which there is not"),
    ],
)
def test_what_is_no_model_is_told(
    told: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, Any]], Any], said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as error:
        with_given_model(given_model(tmp_path / "m.json", change(told)))
    assert "m.json" in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("name", ["nowhere.json", "a\0b", "."])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot read the model file"):
        read_model(tmp_path / name)


def test_written_and_read_again(told: dict[str, Any], tmp_path: Path) -> None:
    model = Model.model_validate(told)
    write_model(tmp_path / "m.json", model)
    assert read_model(tmp_path / "m.json") == model


def test_the_command_tells_of_a_bad_file_without_a_trace(export: Path, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text("{", encoding="utf-8")
    options = ["--workspace", str(tmp_path), "--model", str(tmp_path / "m.json")]
    done = CliRunner().invoke(app, ["run", str(export), *options])
    assert isinstance(done.exception, SettingsError)
    assert done.exception.exit_code == 2


@given(matchable(), matchable(), st.sampled_from([-9_000, 0, 4_321]))
@settings(max_examples=60)
def test_stage_and_reference_lay_it_out_alike(
    fitted: Matchable, case: Matchable, prior: int
) -> None:
    """Also for a file that has other fields, or another type in the place of one."""
    there, here = fitted.tables(), case.tables()
    there |= {"candidates": all_pairs(there["distinct"])}
    made = assert_same_by_both(there, _ENGINE, until="fit")
    if not made["model"]["fields"]:
        return
    model = Model.model_validate(made["model"] | {"prior_weight": prior, "slope": 0.7})
    chosen = Settings(fit=FitSettings(model=model))
    pairs = here | {"candidates": all_pairs(here["distinct"])}
    known = {(field.field, field.type) for field in model.fields}
    ours = {
        (field["field"], field["type"]) for field in here["fields"].to_pylist() if field["compared"]
    }
    if ours and not known & ours:
        with pytest.raises(SettingsError, match="none of the fields"):
            assert_same_by_both(pairs, _ENGINE, chosen)
        return
    laid_out = assert_same_by_both(pairs, _ENGINE, chosen)
    assert laid_out["model"]["prior_weight"] == prior
    assert isinstance(laid_out["pairs"], pa.Table)
