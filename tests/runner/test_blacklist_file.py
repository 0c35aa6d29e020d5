"""A list of blacklisted terms in a file of its own: what is read, what is told of a mistake."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from keepone import run
from keepone.blacklists import with_listed_terms
from keepone.config import load_settings
from keepone.errors import SettingsError
from keepone.settings import DispositionSettings, Settings

ACCOUNTS = Path(__file__).parents[1] / "house" / "accounts.csv"


def settings_of(path: Path, *terms: str) -> Settings:
    return Settings(disposition=DispositionSettings(blacklist=terms, blacklist_file=str(path)))


def test_terms_of_the_file_follow_those_of_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_bytes("\ufeff# by Ana\r\n\r\n  do not use \r\nSmith # Sons\ntest\n".encode())
    found = with_listed_terms(settings_of(path, "test", "void")).disposition
    assert found.blacklist == ("test", "void", "do not use", "Smith # Sons")
    assert found.blacklist_file is None


def test_without_a_file_settings_stay_as_they_are() -> None:
    settings = Settings(disposition=DispositionSettings(blacklist=("test",)))
    assert with_listed_terms(settings) is settings


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"test\n# fine\n--\n", "line 3: '--' has no letter or digit"),
        (b"test\nM\xfcll\n", "line 2: not UTF-8 text"),
        (None, "cannot read .*terms.txt: no such file"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "terms.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=rf"^disposition.blacklist_file: .*{said}") as error:
        with_listed_terms(settings_of(path))
    assert "terms.txt" in error.value.message
    assert error.value.hint


def test_a_name_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read"):
        with_listed_terms(settings_of(tmp_path / "a\0b"))


def rules(done: pa.Table) -> dict[str, str]:
    pairs = zip(done["record_id"].to_pylist(), done["reason"].to_pylist(), strict=True)
    return dict(pairs)


def test_a_run_uses_the_file_and_notices_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    names = pa.table({"id": ["1", "2", "3"], "name": ["Void Acme", "Bolt", "Crane works"]})
    path.write_text("void\n", encoding="utf-8")
    settings = load_settings(assignments=[f"disposition.blacklist_file={path}"])
    one = run(names, workspace=tmp_path / "data", run_id="one", settings=settings)
    assert 'blacklisted term "void"' in rules(one.review_ready.to_arrow())["1"]
    assert one.manifest["settings"]["disposition"]["blacklist"] == ["void"]

    path.write_text("crane works\n", encoding="utf-8")
    two = run(names, workspace=tmp_path / "data", run_id="two", settings=settings)
    reasons = rules(two.review_ready.to_arrow())
    assert "void" not in reasons["1"]
    assert 'blacklisted term "crane works"' in reasons["3"]


@pytest.mark.parametrize("rows", [1, 3, 10_000])
def test_records_at_a_time_change_nothing(tmp_path: Path, rows: int) -> None:
    tables = [
        run(
            ACCOUNTS,
            workspace=tmp_path / str(number),
            settings=load_settings(assignments=[f"machine.batch_rows={number}"]),
        ).review_ready.to_arrow()
        for number in (rows, 7)
    ]
    assert tables[0].equals(tables[1])
