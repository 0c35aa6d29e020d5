"""Settings from a YAML file and from the command line, checked as one whole."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from keepone.errors import SettingsError
from keepone.implementations import check_engines
from keepone.machine import parse_memory
from keepone.settings import ALL_STAGES, Settings

_YAML_HINT = "Settings are YAML: a stage, and below it, indented, KEY: VALUE."
_SCHEMA_HINT = "`keepone config schema` lists every setting; docs/settings.md explains them."


@dataclass(slots=True)
class _Values:
    """Values as they were given, and where each came from (`file.yaml, line 3` or `--set`)."""

    tree: dict[str, Any] = field(default_factory=dict)
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)

    def origin(self, path: Sequence[str]) -> str:
        """Return where the value at `path`, or the nearest value around it, was given."""
        for length in range(len(path), 0, -1):
            if origin := self.origins.get(tuple(path[:length])):
                return origin
        return ""

    def put(self, path: tuple[str, ...], value: Any, origin: str) -> None:
        """Set the value at `path`, over whatever stood there."""
        node = self.tree
        for part in path[:-1]:
            inner = node.get(part)
            if not isinstance(inner, dict):
                inner = node[part] = {}
            node = inner
        node[path[-1]] = value
        self.origins[path] = origin


def load_settings(
    source: Path | Mapping[str, Any] | None = None,
    *,
    assignments: Iterable[str] = (),
    columns: Mapping[str, str | Sequence[str]] | None = None,
    threads: int | None = None,
    memory: str | None = None,
    compression: str | None = None,
    engines: Mapping[str, str] | None = None,
    cache: bool | None = None,
    published: Sequence[str] | None = None,
    link: str | None = None,
    model: str | None = None,
    children: Sequence[str] | None = None,
    decisions: str | None = None,
    redact: bool | None = None,
) -> Settings:
    """Return the settings of a run.

    A later source wins over an earlier one: the defaults, the YAML file at `source` or what it
    would hold as a mapping of stage to keys, `assignments` (`stage.key=value`, the value written as
    in YAML), `columns` (field name to header or headers), `engines` (stage to engine), `published`
    (columns of review_ready), `link` (header of the column of sources), `model` (path of a model
    file), `children` (paths of child exports), `decisions` (where they are kept), and the other
    settings of the machine. Raises
    `SettingsError` naming the key and the line for keys that are unknown or repeated and values of
    the wrong type or out of range.
    """
    if isinstance(source, Path):
        values = _read_file(source)
    else:
        values = _Values() if source is None else _Values(copy.deepcopy(dict(source)))
    for assignment in assignments:
        _assign(values, assignment)
    for name, headers in (columns or {}).items():
        values.put(("profile", "map", name), headers, "--map")
    for name, engine in (engines or {}).items():
        values.put(("machine", "engines", name), engine, "--engine")
    if link is not None:
        values.put(("profile", "link"), link, "--link")
    if model is not None:
        values.put(("fit", "model"), model, "--model")
    if children is not None:
        values.put(("relate", "children"), list(children), "--children")
    if published is not None:
        values.put(("publish", "columns"), list(published), "--columns")
    machine = {
        "threads": threads,
        "memory": memory,
        "compression": compression,
        "cache": cache,
        "decisions": decisions,
        "redact": redact,
    }
    for name, value in machine.items():
        if value is not None:
            values.put(("machine", name), value, f"--{name}")
    return _validate(values)


def parse_columns(pairs: Iterable[str]) -> dict[str, list[str]]:
    """Return field name to headers from texts such as `name=Account Name`."""
    columns: dict[str, list[str]] = {}
    for pair in pairs:
        name, equals, header = pair.partition("=")
        if not (name.strip() and equals and header.strip()):
            message = f"--map {pair!r} is not FIELD=COLUMN"
            raise SettingsError(message, hint='Write it like --map name="Account Name".')
        columns.setdefault(name.strip(), []).append(header)
    return columns


def parse_published(texts: Iterable[str]) -> list[str]:
    """Return names of columns from texts such as `review` or `Phone,Website`."""
    names = [name.strip() for text in texts for name in text.split(",")]
    if not all(names):
        message = "--columns names a column without a name"
        hint = "Write all, review, or names with commas between them. Names that hold a comma go"
        raise SettingsError(message, hint=f"{hint} into a settings file, as a list.")
    return names


def parse_engines(texts: Iterable[str]) -> dict[str, str]:
    """Return stage to engine from texts such as `disposition=reference`, or `reference` for all."""
    engines: dict[str, str] = {}
    for text in texts:
        stage, equals, engine = text.rpartition("=")
        if not engine or (equals and not stage):
            message = f"--engine {text!r} is neither ENGINE nor STAGE=ENGINE"
            raise SettingsError(message, hint="Write it like --engine disposition=reference.")
        stage = stage or ALL_STAGES
        if stage in engines:
            message = f"--engine is given twice for {'all stages' if not equals else stage}"
            raise SettingsError(message, hint="Keep one of the two.")
        engines[stage] = engine
    return engines


def _read_file(path: Path) -> _Values:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        message = f"cannot read the settings file {path}: {(error.strerror or str(error)).lower()}"
        raise SettingsError(message, hint="Check the path after --config.") from error
    except UnicodeDecodeError as error:
        message = f"the settings file {path} is not UTF-8 text"
        raise SettingsError(message, hint="Save it as UTF-8.") from error
    values = _Values()
    tree = _parse(text, str(path), values.origins)
    if tree is None:
        return values
    if not isinstance(tree, dict):
        message = f"{path}: settings are written as STAGE, then its keys below it"
        raise SettingsError(message, hint=_SCHEMA_HINT)
    values.tree = tree
    return values


def _assign(values: _Values, assignment: str) -> None:
    key, equals, text = assignment.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    if not equals or len(path) != 2 or not all(path):
        message = f"--set {assignment!r} is not STAGE.KEY=VALUE"
        raise SettingsError(message, hint="Write it like --set cluster.join=60.")
    origins: dict[tuple[str, ...], str] = {}
    values.put(path, _parse(text, f"--set {key}", origins), f"--set {assignment}")


def _parse(text: str, name: str, origins: dict[tuple[str, ...], str]) -> Any:
    """Return the YAML text as dicts, lists and strings; note the line of each key."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        message = f"{name}{line}: {error.problem or 'not YAML'}"
        raise SettingsError(message, hint=_YAML_HINT) from error
    except yaml.YAMLError as error:
        message = f"{name}: {error}"
        raise SettingsError(message, hint=_YAML_HINT) from error
    return _value(node, (), name, origins)


def _value(
    node: yaml.Node | None,
    path: tuple[str, ...],
    name: str,
    origins: dict[tuple[str, ...], str],
) -> Any:
    """Return what `node` says.

    Scalars stay text, for the settings' own types to read: the country NO is not a boolean here.
    """
    if node is None:
        return None
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            inner = (*path, key)
            if key in mapping:
                first = origins[inner]
                message = f"{name}, line {line}: {'.'.join(inner)} stands twice, first at {first}"
                raise SettingsError(message, hint="Keep one of the two.")
            origins[inner] = f"{name}, line {line}"
            mapping[key] = _value(value_node, inner, name, origins)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, (*path, str(index)), name, origins)
            for index, item in enumerate(node.value)
        ]
    return None if node.tag == "tag:yaml.org,2002:null" else node.value


def _validate(values: _Values) -> Settings:
    # A stage named with nothing below it is a stage at its defaults.
    tree = {name: {} if part is None else part for name, part in values.tree.items()}
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        problems = [_problem(detail, values) for detail in error.errors()]
        raise SettingsError("\n".join(problems), hint=_SCHEMA_HINT) from error
    with _locating(values.origin(("machine", "memory"))):
        parse_memory(settings.machine.memory)
    with _locating(values.origin(("machine", "engines"))):
        check_engines(settings.machine.engines)
    return settings


@contextmanager
def _locating(origin: str) -> Iterator[None]:
    """Say in a `SettingsError` of the block where the value was given."""
    try:
        yield
    except SettingsError as error:
        raise SettingsError(_located(error.message, origin), hint=error.hint) from error


def _problem(detail: Any, values: _Values) -> str:
    """Say in a sentence what pydantic found, with key and place."""
    path = tuple(str(part) for part in detail["loc"])
    key = ".".join(path)
    if not path:
        thresholds = (("score", "review"), ("cluster", "join"), ("disposition", "auto"))
        given = [origin for path in thresholds if (origin := values.origin(path))]
        text = str(detail["ctx"]["error"]) if "ctx" in detail else detail["msg"]
        return _located(text, "; ".join(dict.fromkeys(given)))
    if detail["type"] == "extra_forbidden":
        text = f"{key} is no setting{_nearest(path)}"
    else:
        said = detail["msg"].removeprefix("Input ").removeprefix("Value error, ")
        text = f"{key}: {detail['input']!r} {said[0].lower()}{said[1:]}"
    return _located(text, values.origin(path))


def _located(text: str, origin: str) -> str:
    return f"{origin}: {text}" if origin else text


def _nearest(path: tuple[str, ...]) -> str:
    """Return a question whether a name like the last of `path` was meant, or nothing."""
    model: Any = Settings
    for part in path[:-1]:
        known = model.model_fields.get(part) if _is_model(model) else None
        model = known.annotation if known else None
    names = list(model.model_fields) if _is_model(model) else []
    close = difflib.get_close_matches(path[-1], names, n=1)
    return f"; did you mean {'.'.join((*path[:-1], close[0]))}?" if close else ""


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)
