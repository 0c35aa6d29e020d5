"""Reads the rule files that ship beside this module."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def rule_text(name: str) -> str:
    """Return the text of the rule file `name` as it ships."""
    return files("keepone.rules").joinpath(name).read_text(encoding="utf-8")


def rule_yaml(name: str) -> Any:
    """Return the parsed YAML rule file `name`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(rule_text(name), Loader=loader)  # noqa: S506  # nosec B506  # safe


def rule_csv(name: str) -> list[dict[str, str]]:
    """Return the rows of the CSV rule file `name`; lines that begin with # are its header notes."""
    lines = [line for line in rule_text(name).splitlines() if not line.startswith("#")]
    return list(csv.DictReader(io.StringIO("\n".join(lines))))
