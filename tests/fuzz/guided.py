"""Fuzzes one parser by what it covers of the code: `python -m tests.fuzz.guided PARSER SECONDS`.

Needs atheris, which has no wheel for every system and is no dependency (`make fuzz-parsers`). The
texts begin as the cases of the tests; a text that breaks a parser is told and ends the process.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["keepone.kernels", "keepone.reference"]):
    from tests.fuzz.parsers import check

_TESTS = Path(__file__).parents[1]
_LONGEST = 2_000


def _known(parser: str) -> list[str]:
    """Return the texts of the parser's cases."""
    if parser == "names":
        paths, column = [_TESTS / "names" / "cases.csv"], "name"
    else:
        paths, column = sorted((_TESTS / "fields" / "cases").glob(f"{parser}*.csv")), "input"
    return [
        line[column]
        for path in paths
        for line in csv.DictReader(path.open(newline="", encoding="utf-8"))
    ]


def main(parser: str, seconds: int) -> None:
    """Fuzz the parser for so long; ends the process."""
    with TemporaryDirectory(prefix="keepone-fuzz-") as folder:
        for number, text in enumerate(_known(parser)):
            (Path(folder) / str(number)).write_text(text, encoding="utf-8")
        options = [
            f"-max_total_time={seconds}", f"-max_len={_LONGEST}", "-timeout=60", "-seed=1",
            "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={folder}-",
        ]  # fmt: skip
        atheris.Setup([sys.argv[0], *options, folder], lambda data: _one(parser, data))
        atheris.Fuzz()


def _one(parser: str, data: bytes) -> None:
    text = data.decode("utf-8", "ignore")
    try:
        check(parser, text)
    except BaseException:
        print(f"{parser}: {text!r}", file=sys.stderr)
        raise


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
