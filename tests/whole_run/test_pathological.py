"""Files that are made to hurt, in small: each ends, with its laws kept and its caps told."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.pathological import KINDS, Kind

import keepone
from keepone.conservation import LAWS
from keepone.errors import InputError

RECORDS = 3_000
# What blocking has to leave out in such a file; one phone of all is no key to begin with.
_CAPPED = {"one_token", "near_group"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_it_ends_and_loses_nothing(tmp_path: Path, kind: Kind) -> None:
    # A tenth of the length is enough for cells and columns that are long or many.
    records = RECORDS if kind.name not in {"long_names", "many_columns"} else RECORDS // 10
    kind.write(tmp_path / "in.csv", records)
    if kind.refused:
        with pytest.raises(InputError, match="no column can be compared"):
            keepone.run(tmp_path / "in.csv", workspace=tmp_path / "data")
        return
    result = keepone.run(tmp_path / "in.csv", workspace=tmp_path / "data")
    checks = result.manifest["checks"]
    assert [check["law"] for check in checks] == [law.says for law in LAWS]
    assert all(check["holds"] for check in checks)
    assert result.counts["records"] == records
    compared = [column for column in result.manifest["columns"] if column["compared"]]
    assert len(compared) <= 30
    if kind.name in _CAPPED:
        assert sum(key["capped_blocks"] for key in result.counts["keys"])
