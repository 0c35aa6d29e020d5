"""The lists that a workspace adds to the shipped rules: a file in it, which every run takes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from keepone.errors import ChangedError, SettingsError
from keepone.files import write_text
from keepone.rules.blacklist import compile_blacklist
from keepone.rules.legal_forms import legal_forms
from keepone.rules.own_words import OwnWords
from keepone.settings import Settings

LISTS_FILE = "lists.yaml"

_HEADER = """\
# What this workspace adds to the shipped lists; every run in it takes them.
#   blacklist      words or phrases that mark a name as junk
#   legal_forms    class: spellings at the end of a name
#   abbreviations  word: its other spellings
"""
_MOST = 10_000
_WRITING = Lock()

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Texts = Annotated[tuple[Text, ...], Field(max_length=_MOST)]
Table = Annotated[dict[Text, Texts], Field(max_length=_MOST)]


class WordLists(BaseModel):
    """What a workspace adds: junk names, legal forms by class, spellings by word."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    blacklist: Texts = ()
    legal_forms: Table = Field(default_factory=dict)
    abbreviations: Table = Field(default_factory=dict)

    @property
    def version(self) -> str:
        """A short text that changes with the lists."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    @property
    def own_words(self) -> OwnWords:
        """The words of names among them; `SettingsError` where they contradict each other."""
        return OwnWords.of(self.abbreviations, self.legal_forms)

    def check(self) -> None:
        """Raise `SettingsError` for what a run could not take."""
        compile_blacklist(self.blacklist)
        legal_forms(self.own_words)


def read_lists(workspace: Path) -> WordLists:
    """Return the lists of a workspace, empty where it has none; `SettingsError` if unreadable."""
    path = workspace / LISTS_FILE
    try:
        # Everything is text: the word "no" is no boolean here.
        told = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # nosec B506
    except (FileNotFoundError, NotADirectoryError):  # what is wrong is told where it is written
        return WordLists()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        message = f"cannot read {path}: {' '.join(str(error).split())}"
        raise SettingsError(message, hint="Mend the file, or delete it.") from error
    try:
        return WordLists.model_validate(told or {})
    except ValidationError as error:
        (first, *_) = error.errors()
        at = ".".join(map(str, first["loc"])) or "the file"
        message = f"{path}: {at}: {first['msg'][0].lower()}{first['msg'][1:]}"
        hint = "It holds blacklist, legal_forms and abbreviations; mend it, or delete it."
        raise SettingsError(message, hint=hint) from error


def write_lists(workspace: Path, lists: WordLists, *, version: str) -> None:
    """Keep the lists for the runs to come; `version` is that of the lists they were made from.

    Raises `SettingsError` for lists that no run could take, `ChangedError` where somebody has
    changed them meanwhile.
    """
    lists.check()
    with _WRITING:
        if read_lists(workspace).version != version:
            message = "somebody has changed the lists meanwhile"
            raise ChangedError(message, hint="Load the page again; what they wrote is there.")
        told = yaml.safe_dump(
            lists.model_dump(mode="json"), allow_unicode=True, sort_keys=False, width=100
        )
        write_text(workspace / LISTS_FILE, _HEADER + told, private=True)


def with_workspace_lists(settings: Settings, workspace: Path) -> Settings:
    """Return `settings` with the lists of the workspace beside their own, which come first.

    So a run keeps the terms that it was given, not the file. Raises `SettingsError` as `read_lists`
    does, and where the two contradict each other.
    """
    lists = read_lists(workspace)
    if lists == WordLists():
        return settings
    normalize, disposition = settings.normalize, settings.disposition
    words = {
        "legal_forms": _joined(normalize.legal_forms, lists.legal_forms),
        "abbreviations": _joined(normalize.abbreviations, lists.abbreviations),
    }
    legal_forms(OwnWords.of(words["abbreviations"], words["legal_forms"]))
    terms = {"blacklist": tuple(dict.fromkeys((*disposition.blacklist, *lists.blacklist)))}
    changed: dict[str, Any] = {
        "normalize": normalize.model_copy(update=words),
        "disposition": disposition.model_copy(update=terms),
    }
    return settings.model_copy(update=changed)


def _joined(
    one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(dict.fromkeys((*one.get(name, ()), *other.get(name, ()))))
        for name in sorted({*one, *other})
    }
