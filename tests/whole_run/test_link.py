"""Sources without duplicates of their own: no two records of one are ever put together."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import keepone
from keepone.cli import app
from keepone.errors import InputError, SettingsError, UserError
from keepone.generate import generate
from keepone.generate import write as write_export
from keepone.runs import Run


def written(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give accounts with a column `System`: four names, some with blanks around, some that say
    nothing; and each tenth account once more under another id, in the same system or another.
    """
    folder = tmp_path_factory.mktemp("link")
    write_export(generate(400, profile="dense", seed=3), folder / "accounts.csv")
    header, *rows = rows_of(folder / "accounts.csv")
    systems = ["crm", "erp ", "web", "N/A", "crm", "web", ""]
    rows = [[*row, systems[at % 7]] for at, row in enumerate(rows)]
    again = [[f"again-{at}", *row[1:-1], systems[at % 5]] for at, row in enumerate(rows[::10])]
    return written(folder / "linked.csv", [[*header, "System"], *rows, *again])


def run(source: Any, workspace: Path, **settings: Any) -> keepone.Result:
    chosen = keepone.Settings.model_validate(settings)
    return keepone.run(source, workspace=workspace, settings=chosen)


def groups_of(result: keepone.Result, column: str) -> dict[str, list[str]]:
    """Return the sources in each group."""
    table = result.review_ready.to_arrow()
    found: dict[str, list[str]] = defaultdict(list)
    for group, source in zip(table["group_id"].to_pylist(), table[column].to_pylist(), strict=True):
        found[group].append((source or "").strip())
    return found


def test_no_group_has_two_records_of_a_source(export: Path, tmp_path: Path) -> None:
    linked = run(export, tmp_path, profile={"link": "System"})
    groups = groups_of(linked, "System")
    for sources in groups.values():
        assert not any(
            count > 1 and name in {"crm", "erp", "web"} for name, count in Counter(sources).items()
        )
    assert any(len(sources) > 2 for sources in groups.values())
    # What says nothing is no source: such records are found among themselves.
    assert any(sources.count("") + sources.count("N/A") > 1 for sources in groups.values())

    origin = {
        line["row"]: line["origin"] for line in linked.table("origins").to_arrow().to_pylist()
    }
    assert set(origin.values()) == {0, 1, 2}
    for line in linked.table("candidates").to_arrow().to_pylist():
        assert origin.get(line["l"], -1) != origin.get(line["r"], -2)
    (column,) = [one for one in linked.manifest["columns"] if one["header"] == "System"]
    assert not column["compared"]
    assert "--link" in column["why"]


def test_the_reference_agrees(export: Path, tmp_path: Path) -> None:
    usual = run(export, tmp_path / "a", profile={"link": "System"})
    engines = {"engines": {"*": "reference"}}
    by_row = run(export, tmp_path / "b", profile={"link": "System"}, machine=engines)
    for name in ("review_ready.csv", "group_stats.parquet", "model.json"):
        assert (usual.path / name).read_bytes() == (by_row.path / name).read_bytes(), name


def test_equal_records_of_two_sources_are_one_and_those_of_one_source_are_not(
    tmp_path: Path,
) -> None:
    firm = ["Vezatex Photo Inc", "12 Harbour Street", "Portland", "(503) 555-0147"]
    other = ["Borealis Freight LLC", "9 Rue Verte", "Lyon", "(312) 555-0199"]
    rows = [
        ["id", "Account Name", "Street", "City", "Phone", "Source"],
        ["1", *firm, "a"], ["2", *firm, "a"], ["3", *firm, "b"],
        ["4", *other, ""], ["5", *other, ""], ["6", *other, "b"],
    ]  # fmt: skip
    result = run(written(tmp_path / "x.csv", rows), tmp_path, profile={"link": "Source"})
    table = result.review_ready.to_arrow()
    group = dict(zip(table["record_id"].to_pylist(), table["group_id"].to_pylist(), strict=True))
    assert group["1"] == group["3"] != group["2"]
    assert group["4"] == group["5"] == group["6"]


def test_files_are_sources(export: Path, tmp_path: Path) -> None:
    header, *rows = rows_of(export)
    files = [
        written(tmp_path / f"{name}.csv", [header, *rows[at::2]])
        for at, name in enumerate(("north", "south"))
    ]
    linked = run(files, tmp_path, profile={"link": "source_file"})
    groups = groups_of(linked, "source_file")
    assert all(len(files) == len(set(files)) for files in groups.values())
    assert any(len(files) == 2 for files in groups.values())
    apart = run(files, tmp_path)
    assert any(len(files) > len(set(files)) for files in groups_of(apart, "source_file").values())
    assert apart.table("origins").to_arrow().num_rows == 0


@pytest.mark.parametrize(
    ("profile", "error", "said"),
    [
        ({"link": "Sistem"}, InputError, "no column is headed 'Sistem'"),
        ({"link": "System", "ignore": ("System",)}, SettingsError, "mapped or ignored as well"),
        ({"link": "Account ID"}, SettingsError, "holds the record ids"),
    ],
)
def test_a_link_that_cannot_be_is_told(
    export: Path, tmp_path: Path, profile: dict[str, Any], error: type[UserError], said: str
) -> None:
    with pytest.raises(error, match=said) as told:
        run(export, tmp_path, profile=profile)
    assert told.value.hint


def test_the_option_is_the_setting(export: Path, tmp_path: Path) -> None:
    options = ["--workspace", str(tmp_path), "--run-id", "one", "--quiet", "--link", "system"]
    done = CliRunner().invoke(app, ["run", str(export), *options])
    assert done.exit_code == 0, done.output
    assert "names the source of a record" in done.stdout
    manifest = Run(tmp_path / "runs" / "one").finished()
    assert manifest.settings["profile"]["link"] == "system"
