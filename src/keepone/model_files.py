"""Reads and writes model files, and has a run keep the model that it was given."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from keepone.errors import SettingsError
from keepone.files import write_text
from keepone.model import MODEL_VERSION, Model
from keepone.rules.model_prior import level_priors
from keepone.settings import Settings

_SETTING = "fit.model"
_HINT = "Give the model.json of a run, or a file that `keepone train` wrote."
# A model of a hundred fields takes less than one megabyte.
_MOST_BYTES = 64 << 20


def with_given_model(settings: Settings) -> Settings:
    """Return `settings` with the model that `fit.model` names in the place of its path.

    What decides is what the file says now, not where it lies, nor how it was trained. Raises
    `SettingsError` for a file that cannot be read or is no model that this release knows.
    """
    given = settings.fit.model
    if given is None:
        return settings
    model = read_model(Path(given)) if isinstance(given, str) else _checked(given, _SETTING)
    deciding = model.model_copy(update={"training": None, "believed": (), "unused": ()})
    return settings.model_copy(update={"fit": settings.fit.model_copy(update={"model": deciding})})


def read_model(path: Path) -> Model:
    """Return the model in a file; `SettingsError` says what is wrong with one that is none."""
    where = f"the model file {path}"
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # a name that no file can have is a ValueError
        why = (getattr(error, "strerror", None) or str(error)).lower()
        message = f"cannot read {where}: {why}"
        raise SettingsError(message, hint="Check the path; it starts where you are.") from error
    if len(content) > _MOST_BYTES:
        message = f"{where} is larger than {_MOST_BYTES >> 20} MB, as no model is"
        raise SettingsError(message, hint=_HINT)
    try:
        told: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        message = f"{where} is not whole: {error}"
        raise SettingsError(message, hint=_HINT) from error
    if not isinstance(told, dict) or "version" not in told:
        message = f"{where} is no model: it has no version"
        raise SettingsError(message, hint=_HINT)
    if told["version"] != MODEL_VERSION:
        message = f"{where} is of version {told['version']!r}; this release knows {MODEL_VERSION}"
        raise SettingsError(message, hint="Train it again with this release.")
    try:
        model = Model.model_validate(told)
    except ValidationError as error:
        (first, *_) = error.errors()
        at = ".".join(map(str, first["loc"]))
        message = f"{where}: {at}: {first['msg'][0].lower()}{first['msg'][1:]}"
        raise SettingsError(message, hint=_HINT) from error
    return _checked(model, where)


def write_model(path: Path, model: Model) -> None:
    """Write the model to a file for people to read, in one step."""
    told = model.model_dump(mode="json", exclude_none=True)
    write_text(path, json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _checked(model: Model, where: str) -> Model:
    """Return the model if its fields are told apart and have the levels that they are compared on.

    Raises `SettingsError` else.
    """
    if not model.fields:
        message = f"{where} weighs no field"
        raise SettingsError(message, hint=_HINT)
    repeated = [key for key, n in Counter((f.field, f.type) for f in model.fields).items() if n > 1]
    if repeated:
        message = f"{where} weighs the field {repeated[0][0]} ({repeated[0][1]}) twice"
        raise SettingsError(message, hint=_HINT)
    for field in model.fields:
        known = [level for type_, level in level_priors() if type_ == field.type]
        what = f"{where}: the field {field.field}"
        if not known:
            message = f"{what} is of the type {field.type!r}, which there is not"
            raise SettingsError(message, hint="Train it again with this release.")
        first, *levels = field.levels or (None,)
        if first is None or first.level != "missing" or first.weight:
            message = f"{what} does not begin with the level 'missing' at weight 0"
            raise SettingsError(message, hint=_HINT)
        given = [level.level for level in levels]
        for wrong, says in (
            (sorted(set(given) - set(known)), "has a level {!r} that its type does not"),
            (sorted(set(known) - set(given)), "lacks the level {!r}"),
            ([level for level in given if given.count(level) > 1], "has the level {!r} twice"),
        ):
            if wrong:
                message = f"{what} {says.format(wrong[0])}"
                raise SettingsError(message, hint="Train it again with this release.")
    return model
