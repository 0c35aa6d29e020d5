"""The public suffix list: below which names companies register their own (co.uk, com.au).

Source: publicsuffix.org, in the snapshot that tldextract ships. It is read as the list that it is:
tldextract itself loads what it would fetch a newer one with, which takes longer than many a run.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import distribution
from pathlib import Path

_SNAPSHOT = "tldextract/.tld_set_snapshot"
_PRIVATE = "// ===BEGIN PRIVATE DOMAINS==="


@cache
def public_suffixes() -> frozenset[str]:
    """Return the rules of the list, such as `co.uk`, `*.ck` and `!www.ck`.

    The list's private section is left out: its suffixes are companies' own.
    """
    snapshot = Path(str(distribution("tldextract").locate_file(_SNAPSHOT)))
    public, _, _ = snapshot.read_text(encoding="utf-8").partition(_PRIVATE)
    lines = (line.split() for line in public.splitlines() if not line.startswith("//"))
    return frozenset(words[0] for words in lines if words)
