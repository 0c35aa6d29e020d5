"""One small malformed file of each kind, and those that did harm once: read whole, or refused."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from keepone.errors import InputError
from keepone.readers import open_sources
from keepone.settings import IngestSettings

CORPUS = Path(__file__).with_name("corpus")
with (CORPUS / "expected.csv").open(newline="", encoding="utf-8") as _file:
    EXPECTED = list(csv.DictReader(_file))


def test_every_file_is_expected() -> None:
    files = {path.name for path in CORPUS.iterdir()} - {"expected.csv", ".gitattributes"}
    assert files == {line["file"] for line in EXPECTED}


@pytest.mark.parametrize("line", EXPECTED, ids=[line["file"] for line in EXPECTED])
def test_file(line: dict[str, str]) -> None:
    """Files with rows are read, and tell the codes of their rejects; others are refused."""
    name, says = line["file"], line["says"]
    if not line["rows"]:
        with pytest.raises(InputError) as caught:
            open_sources(CORPUS / name, IngestSettings())[0].read()
        assert caught.value.message.startswith(name)
        assert says in caught.value.message
        assert caught.value.hint
        return
    (sheet,) = open_sources(CORPUS / name, IngestSettings())[0].read()
    assert sheet.rows_read == sheet.cells.num_rows + len(sheet.rejects) == int(line["rows"])
    assert " ".join(sorted({reject.code for reject in sheet.rejects})) == says
