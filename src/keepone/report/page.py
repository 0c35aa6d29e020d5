"""Puts the page together: the facts, the templates, the style and its content security policy."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from keepone.report import values
from keepone.report.folder import RunFolder
from keepone.report.groups import notable_groups
from keepone.report.redaction import (
    is_redacted,
    masked_decisions,
    masked_groups,
    masked_rejects,
)
from keepone.report.sections import (
    Thresholds,
    dispositions,
    doubted,
    flagged,
    funnel,
    group_sizes,
    rejected,
    score_histogram,
    stage_times,
    table_rows,
    verdicts,
)
from keepone.report.templates import environment_of

_FIELD_COLUMNS = ("header", "field", "type", "filled", "distinct", "compared", "why")


def render_report(run: Path) -> str:
    """Return the report of the finished run in folder `run`: one HTML page with nothing outside it.

    Reads the manifest, the published tables and the stage tables, of each only what is shown. The
    same folder gives the same page; with `machine.redact` it shows no value of a record. Raises
    `RunError` where a file is missing or damaged.
    """
    folder = RunFolder(run)
    manifest, counts = folder.manifest, folder.counts()
    thresholds = Thresholds.of(manifest)
    found = verdicts(folder)
    largest, least_certain = notable_groups(folder)
    doubts, rejects = doubted(folder) if manifest.decisions else (), rejected(folder)
    if redacted := is_redacted(manifest):
        largest, least_certain = masked_groups(largest), masked_groups(least_certain)
        doubts, rejects = masked_decisions(doubts), masked_rejects(rejects)
    return render_page(
        "report.html.j2",
        manifest=manifest,
        counts=counts,
        thresholds=thresholds,
        took=sum(stage.seconds for stage in manifest.stages),
        to_verify=sum(verdict.records for verdict in found if verdict.tone == "verify"),
        funnel=funnel(counts),
        scores=score_histogram(folder, thresholds),
        sizes=group_sizes(folder),
        verdicts=found,
        dispositions=dispositions(found),
        times=stage_times(manifest.stages),
        fields=table_rows(folder, "fields", _FIELD_COLUMNS),
        flags=flagged(folder),
        doubted=doubts,
        rejected=rejects,
        redacted=redacted,
        largest=largest,
        least_certain=least_certain,
    )


def render_page(template: str, **facts: Any) -> str:
    """Return one HTML page with nothing outside it, of `facts` as the template tells them."""
    return _environment().get_template(template).render(facts)


@cache
def _environment() -> jinja2.Environment:
    environment = environment_of("keepone.report")
    assert environment.loader is not None
    style, _, _ = environment.loader.get_source(environment, "report.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # The style is ours and holds no "<"; its hash in the policy is of exactly these bytes.
    environment.globals["style"] = Markup(style)  # noqa: S704  # nosec B704
    environment.globals["policy"] = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    environment.filters.update(
        cell=values.isolated,
        count=values.count,
        score=values.score,
        seconds=values.seconds,
        share=values.share,
        shown=values.shown,
        size=values.size,
    )
    return environment
