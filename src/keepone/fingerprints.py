"""What a stage's result depends on, as one digest: equal digests, equal results.

A stage's fingerprint covers its settings slices, the code and rule files, the libraries that
decide values, and the fingerprints of whatever it reads; of input files and child exports those
are the hashes. What people decided counts as it bears on the records: decisions on others change
no fingerprint. Resuming and caching are this one rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from keepone.settings import Settings
from keepone.stage import Stage

SOURCES = "sources"
CHILD_EXPORTS = "child_exports"
# What people decided, as it bears on the records of the run.
GIVEN_DECISIONS = ("decisions", "statements")

_LIBRARIES = (
    "anyascii",
    "duckdb",
    "numpy",
    "phonenumbers",
    "pyarrow",
    "python-calamine",
    "python-stdnum",
    "rapidfuzz",
    "scipy",
    "tldextract",
)
# What stages, their engines and their row-by-row twins are made of, but for what decides no value.
CODE = (
    "children.py",
    "contrast.py",
    "decision_tables.py",
    "engine.py",
    "engines",
    "fields.py",
    "file_keys.py",
    "golden_tables.py",
    "ids.py",
    "kernels",
    "likeness.py",
    "model.py",
    "places_apart.py",
    "readers",
    "reasons.py",
    "reference",
    "relation_tables.py",
    "rules",
    "schema.py",
    "shelf.py",
    "stages",
    "table_schema.py",
)
_ENDINGS = {".py", ".yaml", ".csv", ".json", ".txt"}


class Identified(Protocol):
    """An input by name and content."""

    @property
    def name(self) -> str:
        """The name that records carry as their source."""
        ...

    @property
    def sha256(self) -> str:
        """The hash of its content."""
        ...


@cache
def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that can change a value."""
    return {name: version(name) for name in _LIBRARIES}


@cache
def code_digest(parts: tuple[str, ...] = CODE) -> str:
    """Return the digest of modules, packages and rule files; of all that stages are made of.

    `parts` are files and folders of this package. The files themselves are read, so that a changed
    rule or line of code is never taken for the release it was made from.
    """
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(_code_files(package, parts)):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _code_files(package: Path, parts: tuple[str, ...]) -> Iterable[Path]:
    for name in parts:
        path = package / name
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.suffix in _ENDINGS)
        elif path.exists():
            yield path


def settings_digest(settings: Settings) -> str:
    """Return the digest of all settings that change what a result means."""
    return _digest(settings.model_dump(mode="json", exclude={"machine"}))


def stage_fingerprints(
    stages: Sequence[Stage],
    sources: Sequence[Identified],
    settings: Settings,
    children: Sequence[Identified] = (),
    decisions: str | None = None,
) -> dict[str, str]:
    """Return each stage's fingerprint by its name; `children` are the child exports.

    `decisions` is the digest of what people decided of the records; while that is not known, what
    depends on it has a fingerprint that no result ever has.
    """
    artifacts = {
        name: _digest(sorted([source.name, source.sha256] for source in given))
        for name, given in ((SOURCES, sources), (CHILD_EXPORTS, children))
    }
    artifacts |= dict.fromkeys(GIVEN_DECISIONS, decisions or "unknown")
    fingerprints: dict[str, str] = {}
    slices = settings.model_dump(mode="json")
    for stage in stages:
        fingerprint = _digest(
            {
                "stage": stage.name,
                "writes": stage.writes,
                "settings": {name: slices[name] for name in stage.slices},
                "reads": {name: artifacts[name] for name in stage.reads},
                "code": code_digest(),
                "libraries": library_versions(),
            }
        )
        fingerprints[stage.name] = fingerprint
        artifacts.update(dict.fromkeys(stage.writes, fingerprint))
    return fingerprints


def _digest(value: Mapping[str, Any] | Sequence[Any]) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
