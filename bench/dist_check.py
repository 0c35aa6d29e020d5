"""Builds wheel and sdist, and has each do the demo's job: python -m bench.dist_check [PYTHON…].

Each is installed into an empty environment, what it needs from the hashed lock and from wheels
alone, for every interpreter that is named (this one, if none is). Then 1,000 accounts are made, run
and judged. An interpreter that cannot be had is said to be untried, and is no success: exit code 3.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_LOCK = _ROOT / "requirements.lock"
_WHEELS = ("--require-hashes", "--only-binary", ":all:")
_RECORDS = "1000"
_UNTRIED = 3


def main(pythons: Sequence[str]) -> int:
    """Check every interpreter; return 0 where all were tried and did it."""
    untried = [python for python in pythons if not _starts(python)]
    with tempfile.TemporaryDirectory(prefix="keepone-dist-") as folder:
        place = Path(folder)
        for python in (each for each in pythons if each not in untried):
            tried = place / f"tried-{Path(python).name}-{len(list(place.iterdir()))}"
            tools = _environment(tried / "tools", python)
            built = _built(tools, tried / "dist")
            for kind, distribution in built.items():
                _try(_environment(tried / kind, python), distribution, tried / f"{kind}-job")
                version = _said(tools, "-c", "import platform; print(platform.python_version())")
                print(f"ok: {kind} on Python {version.strip()}", flush=True)
            shutil.rmtree(tried)
    for python in untried:
        print(f"untried: {python} is not here")
    return _UNTRIED if untried else 0


def _starts(python: str) -> bool:
    """Return whether there is such an interpreter: a name alone may lead to none."""
    if shutil.which(python) is None:
        return False
    return not subprocess.run([python, "--version"], check=False, capture_output=True).returncode


def _environment(folder: Path, python: str) -> Path:
    """Return the interpreter of a new environment that has what the lock says, and no more."""
    _run(python, "-m", "venv", str(folder))
    inside = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    _pip(inside, *_WHEELS, "--requirement", str(_LOCK))
    return inside


def _built(tools: Path, out: Path) -> dict[str, Path]:
    """Build both with the locked back end, the wheel of a copy as git would hand it on."""
    _run(
        str(tools), "-m", "hatchling", "build", "--directory", str(out),
        "--target", "sdist", "--target", "wheel",
    )  # fmt: skip
    return {"wheel": next(out.glob("*.whl")), "sdist": next(out.glob("*.tar.gz"))}


def _try(python: Path, distribution: Path, place: Path) -> None:
    """Install a distribution, and make, run and judge accounts in an empty folder."""
    _pip(python, "--no-deps", "--no-build-isolation", str(distribution))
    place.mkdir()
    keepone = (str(python), "-m", "keepone")
    _run(*keepone, "generate", _RECORDS, "accounts.csv", "--seed", "1", at=place)
    _run(*keepone, "run", "accounts.csv", "--run-id", "demo", "-q", at=place)
    _run(
        *keepone, "evaluate", "keepone-data/runs/demo", "--truth", "accounts.truth.parquet",
        at=place,
    )  # fmt: skip
    _run(*keepone, "doctor", at=place)


def _pip(python: Path, *arguments: str) -> None:
    _run(str(python), "-m", "pip", "install", "-qq", "--no-input", *arguments)


def _run(*command: str, at: Path = _ROOT) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=at)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def _said(python: Path, *arguments: str) -> str:
    done = subprocess.run([str(python), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [sys.executable]))
