"""Settings from files and the command line: who wins, and what is told of a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from keepone.cli import app
from keepone.config import load_settings, parse_columns
from keepone.errors import SettingsError
from keepone.settings import Settings


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("text", ["", "# nothing\n", "cluster:\n", "{}"])
def test_an_empty_file_is_the_defaults(tmp_path: Path, text: str) -> None:
    assert load_settings(written(tmp_path, text)) == Settings()


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "cluster:\n  join: 60\nprofile:\n  map:\n    name: Firm\n    phone: Tel\n"
        "machine: {threads: 1}\n",
    )
    settings = load_settings(
        path,
        assignments=["cluster.join=70", "disposition.labels={Merge: Update}"],
        columns={"name": "Account Name"},
        threads=3,
        memory="2GB",
    )
    assert settings.cluster.join == 70
    assert settings.profile.map == {"name": ("Account Name",), "phone": ("Tel",)}
    assert settings.disposition.labels == {"Merge": "Update"}
    assert (settings.machine.threads, settings.machine.memory) == (3, "2GB")


def test_words_of_yaml_stay_words(tmp_path: Path) -> None:
    path = written(
        tmp_path, "normalize: {default_country: NO}\ningest: {sheet: 2024, delimiter: ~}\n"
    )
    settings = load_settings(path)
    assert settings.normalize.default_country == "NO"
    assert settings.ingest.sheet == "2024"
    assert settings.ingest.delimiter is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "cluster:\n  jion: 60\n",
            "line 2: cluster.jion is no setting; did you mean cluster.join?",
        ),
        ("clutser:\n  join: 60\n", "line 1: clutser is no setting; did you mean cluster?"),
        ("cluster:\n  join: 60\n  join: 70\n", "line 3: cluster.join stands twice"),
        ("cluster:\n  join: 60\nscore: {}\ncluster:\n  join: 7\n", "line 4: cluster stands twice"),
        ("cluster:\n  join: 160\n", "line 2: cluster.join: '160' should be less than or equal"),
        ("cluster:\n  join: high\n", "line 2: cluster.join: 'high' should be a valid number"),
        ("score:\n  review: 80\n", "line 2: thresholds must rise: score.review (80)"),
        ("cluster: 60\n", "line 1: cluster: '60' should be"),
        ("survivorship:\n  criteria: {a: b}\n", "line 2: survivorship.criteria"),
        ("- a\n- b\n", "settings are written as STAGE"),
        ("cluster: [\n", "line 2"),
        ("a: b: c\n", "line 1"),
        ("machine:\n  memory: much\n", "line 2: machine.memory: 'much' is no size"),
        ("\x00", "settings.yaml"),
    ],
)
def test_a_mistake_is_told_with_key_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(tmp_path, text))
    assert said in caught.value.message
    assert "settings.yaml" in caught.value.message


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(tmp_path, "cluster: {join: x}\nfit: {speed: 1}\n"))
    assert len(caught.value.message.splitlines()) == 2


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("cluster.join", "is not STAGE.KEY=VALUE"),
        ("join=3", "is not STAGE.KEY=VALUE"),
        ("cluster.=3", "is not STAGE.KEY=VALUE"),
        ("cluster.jon=3", "--set cluster.jon=3: cluster.jon is no setting"),
        ("cluster.join=-1", "--set cluster.join=-1: cluster.join"),
        ("cluster.join=[", "--set cluster.join"),
    ],
)
def test_a_wrong_assignment_is_told(assignment: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(assignments=[assignment])
    assert said in caught.value.message


def test_a_settings_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read the settings file"):
        load_settings(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00x")
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        load_settings(tmp_path / "binary.yaml")


def test_columns_are_field_and_header() -> None:
    assert parse_columns(["name=Account = Name", "phone= Tel"]) == {
        "name": ["Account = Name"],
        "phone": [" Tel"],
    }
    assert parse_columns(["name=A", "phone=T", "name=B"]) == {"name": ["A", "B"], "phone": ["T"]}


@pytest.mark.parametrize("pairs", [["name"], ["=x"], ["name="]])
def test_a_wrong_column_is_told(pairs: list[str]) -> None:
    with pytest.raises(SettingsError, match="--map"):
        parse_columns(pairs)


def test_config_show_prints_what_would_apply(tmp_path: Path) -> None:
    path = written(tmp_path, "cluster: {join: 61}\n")
    shown = CliRunner().invoke(app, ["config", "show", "--config", str(path), "--map", "name=N"])
    assert shown.exit_code == 0
    tree = yaml.safe_load(shown.stdout)
    assert tree["cluster"]["join"] == 61
    assert tree["profile"]["map"] == {"name": ["N"]}
    path.write_text(shown.stdout)
    assert load_settings(path).model_dump(mode="json") == tree
