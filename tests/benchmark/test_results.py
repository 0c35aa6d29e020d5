"""What is kept of a benchmark, and how it is shown."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from keepone.benchmark.chart import render_chart
from keepone.benchmark.gate import compare
from keepone.benchmark.results import read_results, results_json
from keepone.benchmark.tables import gate_table, result_tables
from keepone.errors import UserError
from tests.benchmark.figures import STAGES, results, samples, size


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    kept = results(size(taken={"score": samples(random, 1.0, 0.1, 3)}))
    (tmp_path / "bench.json").write_text(results_json(kept))
    assert read_results(tmp_path / "bench.json") == kept


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "holds no benchmark"),
        (b"\xff\xfe", "holds no benchmark"),
        (b'{"format": 1}', "holds no benchmark: version: Field required"),
        (b'{"format": 2, "version": "9"}', "holds no benchmark: format"),
    ],
)
def test_what_holds_no_benchmark_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "kept.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=said) as told:
        read_results(path)
    assert "bench.json" in str(told.value.hint)


def test_the_exponent_is_the_slope_in_logarithms() -> None:
    small, large = {"ingest": 0.5, "score": 0.5}, {"ingest": 5.0, "score": 50.0}
    grown = results(size(10_000, seconds=small), size(100_000, seconds=large)).exponents
    assert grown == {"ingest": [1.0], "score": [2.0]}


def test_tables_say_all_sizes_and_mark_what_does_not_scale() -> None:
    small, large = dict.fromkeys(STAGES, 0.5), {**dict.fromkeys(STAGES, 5.0), "score": 50.0}
    tables = result_tables(results(size(10_000, seconds=small), size(100_000, seconds=large)))
    for table in tables:
        assert {len(row) for row in table.rows} == {len(table.header)}, table.title
        assert table.markdown().count("\n|") == len(table.rows) + 2
    stages = next(table for table in tables if table.title.startswith("Seconds by stage"))
    assert [row[0] for row in stages.rows if "!" in row[-1]] == ["score"]
    io = next(table for table in tables if table.title.startswith("MB/s"))
    cells = dict(zip(STAGES, (row[1] for row in io.rows), strict=False))
    assert cells["ingest"] == "80 / -"  # 4 MB in 0.05 s; it reads the export, not a table
    assert cells["block"] == "- / -"


def test_the_table_of_the_gate_has_the_worst_first() -> None:
    random = np.random.default_rng(2)
    taken = {stage: samples(random, 1.0, 0.01, 5) for stage in STAGES}
    slow = taken | {"publish": samples(random, 1.5, 0.01, 5)}
    checks = compare(results(size(taken=taken)), results(size(taken=slow)), 5.0)
    table = gate_table(checks)
    assert table.rows[0][0] == "publish, time in calibrations"
    assert [row[-1] for row in table.rows] == ["WORSE", *["ok"] * (len(checks) - 1)]


def test_the_chart_is_a_picture_by_itself() -> None:
    picture = ET.fromstring(render_chart(results(size(1_000), size(10_000))))
    texts = ["".join(each.itertext()) for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert "10,000 records: seconds by stage" in texts
    assert texts.count("score") == 2
    assert texts.count("0.10 s") == len(STAGES)
