"""Reads the list of blacklisted terms that reviewers keep in a file of their own."""

from __future__ import annotations

from pathlib import Path

from keepone.errors import SettingsError
from keepone.rules.blacklist import fold
from keepone.settings import Settings

_SETTING = "disposition.blacklist_file"
_HINT = "A list is UTF-8 text, one word or phrase a line; lines that begin with # are comments."


def with_listed_terms(settings: Settings) -> Settings:
    """Return `settings` with the terms of `disposition.blacklist_file` among the blacklisted.

    Those of the settings come first, and each stands once. What decides is what the file says now,
    not where it lies: the settings returned name no file. Raises `SettingsError`, with file and
    line, for a file that cannot be read and for a term without a letter or digit.
    """
    named = settings.disposition.blacklist_file
    if named is None:
        return settings
    terms = (*settings.disposition.blacklist, *_terms(Path(named)))
    known = {"blacklist": tuple(dict.fromkeys(terms)), "blacklist_file": None}
    return settings.model_copy(
        update={"disposition": settings.disposition.model_copy(update=known)}
    )


def _terms(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # a name that no file can have is a ValueError
        why = (getattr(error, "strerror", None) or str(error)).lower()
        message = f"{_SETTING}: cannot read {path}: {why}"
        raise SettingsError(message, hint="Check the path; it starts where you are.") from error
    terms = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            term = line.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            message = f"{_SETTING}: {path}, line {number}: not UTF-8 text"
            raise SettingsError(message, hint=_HINT) from error
        if not term or term.startswith("#"):
            continue
        if not fold(term):
            message = f"{_SETTING}: {path}, line {number}: {term!r} has no letter or digit"
            raise SettingsError(message, hint=_HINT)
        terms.append(term)
    return terms
