"""How soon a run ends after Ctrl-C, and that it goes on: `python -m bench.interruptions`.

Generated accounts are run in processes of their own, which are told to stop at even steps of the
time that a whole run takes. Each has to end with exit code 130; the last one is run on to its end.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from keepone.generate import generate, write

_INTERRUPTED = 130


def _begin(workspace: Path, export: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "keepone", "run", str(export), "--run-id", "cut", "--quiet"]
    return subprocess.Popen(
        [*command, "--workspace", str(workspace)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _seconds(workspace: Path, export: Path) -> float:
    began = time.perf_counter()
    if code := _begin(workspace, export).wait():
        message = f"a run that nobody interrupted ended with {code}"
        raise SystemExit(message)
    return time.perf_counter() - began


def main() -> None:
    """Interrupt runs, and tell how long each took to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=94_000)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    # Background jobs of a shell ignore Ctrl-C, and would hand that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        export = scratch / "accounts.csv"
        write(generate(asked.records, profile="crm", seed=7), export)
        whole = _seconds(scratch / "whole", export)
        print(f"{asked.records:,} records: {whole:.1f} s")
        took: list[float] = []
        for nth in range(asked.times):
            workspace = scratch / f"cut-{nth}"
            process = _begin(workspace, export)
            time.sleep(whole * (nth + 0.5) / asked.times)
            process.send_signal(signal.SIGINT)
            told = time.perf_counter()
            code = process.wait()
            took.append(time.perf_counter() - told)
            said = "" if code == _INTERRUPTED else f", exit code {code}"
            print(f"after {whole * (nth + 0.5) / asked.times:5.1f} s: {took[-1]:.2f} s{said}")
        print(f"median {statistics.median(took):.2f} s, most {max(took):.2f} s")
        print(f"the last one went on to its end in {_seconds(workspace, export):.1f} s")


if __name__ == "__main__":
    main()
