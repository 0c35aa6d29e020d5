"""Makes run folders for the report's tests: every table by its schema, every name a trap."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from keepone.manifest import (
    ArtifactFile,
    Counts,
    InputFile,
    KeyCounts,
    Manifest,
    Missed,
    StageRun,
    write_manifest,
)
from keepone.schema import TABLES
from keepone.settings import Settings

HOSTILE_NAMES = (
    "<script>alert('x')</script>",
    '"><img src=x onerror=alert(1)>',
    'O\'Brien & Sons "Ltd"',
    "شركة الاختبار المحدودة",
    "\u202egnp.exe ACME",
    "{{ 7 * 7 }} {% raw %}",
    "A\x00B\x07 bell\nnew line",
    "Verylongnamewithoutspaces" * 60,
    "</style></title></svg><script>1</script>",
    "株式会社テスト",
)
_SURNAMES = (
    "Hartwell",
    "Okonkwo",
    "Brandt",
    "Lefèvre",
    "Raistsmoox",
    "Delgado",
    "Nakamura",
    "Quill",
)
_TRADES = ("Plumbing", "Dental Group", "Logistics", "Foods", "Royal Services", "Instruments")
_STAGES = (
    "ingest", "profile", "normalize", "block", "fit", "score", "cluster", "survivorship",
    "disposition", "group_stats", "publish",
)  # fmt: skip
_FIELDS: tuple[tuple[str, str | None, str, bool], ...] = (
    ("Account ID", None, "record_id", False),
    ("Account Name", "name", "organisation", True),
    ("Billing Street", "street", "street", True),
    ("Billing City", "city", "city", True),
    ("Phone", "phone", "phone", True),
    ("<b>Owner</b>", "owner", "meta", False),
)


@dataclass(frozen=True)
class Sizes:
    """How many groups of which size a made run has: pairs of (records, groups)."""

    groups: Sequence[tuple[int, int]] = ((1, 40), (2, 18), (3, 7), (5, 2), (14, 1))
    pairs: int = 400


def make_run(
    path: Path, sizes: Sizes | None = None, *, labels: dict[str, str] | None = None, seed: int = 7
) -> Path:
    """Write a run folder and return it."""
    sizes = sizes or Sizes()
    random = np.random.default_rng(seed)
    group_sizes = [size for size, number in sizes.groups for _ in range(number)]
    records = sum(group_sizes)
    (path / "stages").mkdir(parents=True)
    rows = _review_rows(group_sizes, random, labels or {})
    _write(path / "review_ready.parquet", _table("review_ready", rows))
    stats = _stats_rows(rows)
    _write(path / "group_stats.parquet", _table("group_stats", stats))
    tables: dict[str, list[dict[str, Any]]] = {
        "rejects": [
            {"file": "accounts.csv", "source_row": 12, "column": None, "code": "ragged_row",
             "message": "14 cells where the header has 12 <b>", "raw": "a,b"},
            {"file": "accounts.csv", "source_row": 900, "column": None, "code": "footer",
             "message": "a report footer, no record", "raw": "Confidential"},
        ],
        "fields": [
            {"column": f"c{index:03}", "header": header, "field": field, "type": type_,
             "filled": records - 7 * index, "distinct": records // (index + 1),
             "compared": compared, "why": "header"}
            for index, (header, field, type_, compared) in enumerate(_FIELDS)
        ],
        "flags": [{"row": 3, "flag": "placeholder_name", "detail": "test"}],
        "dispositions": [
            {"row": row, "disposition": record["disposition"],
             "rule": record["reason"].split(":")[0].replace(" ", "_").lower()[:20],
             "reason": record["reason"], "proposed_disposition": None}
            for row, record in enumerate(rows)
        ],
    }  # fmt: skip
    for name, content in tables.items():
        _write(path / "stages" / f"01_{name}.parquet", _table(name, content))
    left = np.arange(sizes.pairs, dtype=np.int32)
    probability = np.clip(random.beta(0.35, 0.3, sizes.pairs) * 1e6, 50_000, 999_999)
    pairs = {
        "l": left,
        "r": left + 1,
        "weight": left,
        "probability": probability.astype(np.int32),
        "model_probability": probability.astype(np.int32),
        "conflicts": np.zeros(sizes.pairs, np.int32),
    }
    _write(path / "stages" / "07_pairs.parquet", pa.table(pairs, schema=TABLES["pairs"].arrow()))
    write_manifest(path, _manifest(rows, len(group_sizes), sizes.pairs, labels or {}, path))
    return path


def _manifest(
    rows: list[dict[str, Any]], groups: int, pairs: int, labels: dict[str, str], path: Path
) -> Manifest:
    records = len(rows)
    files = [file.relative_to(path).as_posix() for file in sorted(path.rglob("*.parquet"))]
    artifacts = [
        ArtifactFile(
            name=re.sub(r"^stages/\d\d_|\.parquet$", "", file),
            file=file,
            rows=None,
            bytes=(path / file).stat().st_size,
        )
        for file in files
    ]
    tally = Counter(row["disposition"] for row in rows)
    return Manifest(
        run_id="demo-1",
        status="running",
        started_at="2031-05-04T10:11:12+00:00",
        inputs=[
            InputFile(file="accounts <i>.csv", sha256="0f" * 32, rows=records + 2, bytes=1_234_567)
        ],
        settings=Settings().model_dump(mode="json")
        | {"disposition": {"auto": 95.0, "labels": labels}},
        settings_digest="ab" * 32,
        thresholds={"review": 20.0, "join": 50.0, "auto": 95.0},
        versions={"keepone": "0.1.0"},
        machine={},
        counts=Counts(
            records=records,
            rejects=2,
            rejects_by_code={"footer": 1, "ragged_row": 1},
            candidate_pairs=4 * pairs,
            survivors=pairs,
            groups=groups,
            duplicates=records - groups,
            dispositions=dict(tally),
            missed=Missed(pairs=23, low=9, high=41, grouped=11),
            keys=[
                KeyCounts(
                    name=name,
                    blocks=900 // (index + 1),
                    pairs=5000 >> index,
                    alone=800 >> index,
                    cost=2000 >> index,
                    matches=400 >> index,
                    matches_alone=30 >> index,
                    capped_blocks=index,
                    capped_pairs=310 * index,
                    lost_pairs=300 * index,
                )
                for index, name in enumerate(("two rare name tokens", "phone", "<b>street</b>"))
            ],
        ),
        stages=[
            StageRun(
                name=name,
                number=number,
                engine="duckdb",
                fingerprint="0" * 8,
                seconds=0.03 * number**1.4,
                cpu_seconds=0.05 * number,
                write_seconds=0.01,
                peak_rss_mb=180.5 + 20 * number,
                rows=records,
                bytes=40_000 * number,
                artifacts=artifacts if number == 1 else [],
            )
            for number, name in enumerate(_STAGES, start=1)
        ],
    )


def _review_rows(
    group_sizes: list[int], random: np.random.Generator, labels: dict[str, str]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for group, size in enumerate(group_sizes):
        first = len(rows)
        name = f"{_SURNAMES[group % 8]} {_TRADES[group % 6]}"
        for place in range(size):
            row = first + place
            called = f"{name} {place or ''}".strip()
            if size > 1 and row % 3 == 0:
                called = HOSTILE_NAMES[row % len(HOSTILE_NAMES)]
            score = (
                None if place == 0 else round(float(min(99.99, 50 + 50 * random.beta(3, 0.6))), 2)
            )
            disposition, reason = "Merge", f"Duplicate: merge into {name}; weakest link {score} %"
            if place == 0:
                disposition, reason = (
                    "Keep",
                    "Primary: relationship Customer" if size > 1 else "Alone",
                )
            elif score is not None and score < 95:
                disposition, reason = "Verify", f"Weak link: {score} % to the primary"
            rows.append(
                {
                    "record_id": f"001{row:015}",
                    "group_id": f"g-{group:08}",
                    "group_size": size,
                    "is_primary": place == 0,
                    "primary_id": f"001{first:015}",
                    "score": score,
                    "disposition": labels.get(disposition, disposition),
                    "reason": reason,
                    "proposed_disposition": "Merge" if disposition == "Verify" else None,
                    "match_probability": None if score is None else score / 100,
                    "match_weight": None if score is None else score / 8,
                    "field_name": called,
                    "field_street": f"{row % 900 + 1} Main Street",
                    "field_city": "Springfield" if row % 4 else None,
                    "field_phone": f"+1217555{row % 10_000:04}",
                }
            )  # fmt: skip
    return rows


def _stats_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["group_id"], []).append(row)
    stats = []
    for group_id, members in groups.items():
        scores = [member["score"] for member in members if member["score"] is not None]
        stats.append(
            {
                "group_id": group_id,
                "size": len(members),
                "min_score": min(scores, default=None),
                "mean_score": sum(scores) / len(scores) if scores else None,
                "max_score": max(scores, default=None),
                "primary_id": members[0]["record_id"],
                "primary_name": members[0]["field_name"],
                "keep": 1,
                "enrich": 0,
                "merge": len(members) - 1,
                "delete": 0,
                "verify": 0,
                "flags": "weak_link, legal_forms_differ" if len(members) == 3 else "",
                "review_priority": 0.0,
            }
        )
    return stats


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = TABLES[name].arrow()
    further = list(rows[0])[len(schema) :] if rows else []
    fields = [*schema, *(pa.field(column, pa.string()) for column in further)]
    return pa.Table.from_pylist(rows, pa.schema(fields))


def _write(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, compression="zstd")
