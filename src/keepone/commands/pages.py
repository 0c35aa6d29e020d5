"""The pages cli, settings, types and golden of docs/, written from what they describe."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer import Context
from typer.cli import get_docs_for_click
from typer.main import get_command

from keepone.cli import app
from keepone.explain.levels import level_in_words
from keepone.inspection import key_words
from keepone.kernels.comparisons import COMPARISONS
from keepone.pipeline import STAGES
from keepone.rules.field_types import FIELD_TYPES
from keepone.rules.golden import STRATEGIES, shipped_strategies
from keepone.settings import Settings, Strategy

_CLI = """\
# The command line

Results go to stdout, progress and errors to stderr.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | Keepone failed; the message says where the details are |
| 2 | something to mend: an input, a setting, the workspace, the run id, too little memory or disk |
| 3 | a gate failed, such as `--min-f1`, `--exit-code` where runs differ, or a model no better |
| 130, 143 | interrupted by Ctrl-C, or told to end (SIGTERM); the run can go on |

A run's folder is `WORKSPACE/runs/RUN-ID`. With `--run-id`, a run that stands there is taken up
again: each stage whose inputs, settings, code and libraries are the same as before is not run
again. So an interrupted run goes on where it was, a finished one is shown as it is, and one with
changed settings is redone from the first stage that they touch, in its folder. An id whose run has
other inputs is refused; leave `--run-id` out for a run of its own.

Every run of a workspace serves the next: a stage that another run there has computed from the same
inputs, settings and code is taken over from it, so the same command twice computes once. The new
run is whole, and deleting the old one harms nothing: stage tables are shared as hard links where
the disk has them, the published files are copies. `--no-cache` runs every stage again, `--from
STAGE` that stage and those after it. A stage for which `--engine` names an engine is taken over
only if that engine made it, and so are those after it that read it; tables in another
`--compression` than asked for, or with other `machine.narrow_types`, are made again.

`--columns` says which columns review_ready has beside the verdict, which comes first, and
`source_file`, which comes last: `all` (as it is without), `review` (the recognised fields, for a
review app), or names as review_ready has them, `--columns review,"Annual Revenue"`.

"""

_SETTINGS = """\
# Settings

A settings file is YAML, one block a stage; every key may be left out:

```yaml
cluster:
  join: 60
disposition:
  labels: {Merge: Update}
```

Give it with `--config FILE`. `--set STAGE.KEY=VALUE` wins over the file, and options of their own
such as `--map`, `--threads` and `--engine` over both. An unknown or repeated key and a value out
of range are errors that name the key and the line. `keepone config show` prints the settings as
they would apply, `keepone config schema` their JSON Schema.

Settings of a stage change what a result means, so a run that stands is redone from the first stage
whose settings changed; those of the machine never change a result.
"""

_TYPES = """\
# Types of columns

Every column of an export gets a type, from its header and from what its values look like. The type
says how values are made comparable, which blocking keys find pairs to compare, and at which levels
two values can agree. `keepone inspect FILE` shows what a file's columns are taken for and why.

To choose otherwise, `--map FIELD=COLUMN` says which field a column is, and `profile.types` gives a
column its type, which is the right way where it is one of several of that type:

```yaml
profile:
  map: {name: Account Name}
  types: {Reg No: identifier, Region: category}
  ignore: [Score]
```

Blocking keys marked *crossed with others* are no reason to compare two records by themselves, in a
block of more than a handful. Types without keys are compared where others find the pair.

"""

_LEVELS = """
## Levels

What two values may show, as `model.json` names it and in words. What each level weighs is found for
each file. A value that a side lacks says nothing and weighs nothing. How many records have a value
is counted over records that are not equal. Of what a company has to itself, such as a phone, it is
the names that count: ten records of one company do not make its phone a common one. In a file
without organisations each record counts as a name.
"""

_GOLDEN = """\
# Golden records

The golden record of a group has the best value of each field that its records hold. It is what the
primary will look like once its duplicates are merged into it, and nothing is lost on the way: every
value stands with the record it came from, how it was chosen, and the values that it beat.

- `golden.csv` and `golden.parquet` have a line per group: `group_id`, `group_size`, `primary_id`,
  then the golden value of every column under its own header, then for each of them
  `<header> from` (a record id), `<header> strategy` and `<header> beat` (with ` | ` between two).
- `stages/NN_golden.parquet` has a line per field and group of two or more, with `beaten` as a list
  of records and values; `golden_fields` beside it has a line per field.
- The reason of a primary that is `Enrich` lists what it gains, and from which records.
- The report says per field in how many groups values differ, and how many primaries gain or change.
- `keepone runs group RUN GROUP`, `Result.group(id).golden` and `Result.golden` show them.

A record alone in its group is its own golden record, so that it has nothing to tell about it.

## Whose values count

The primary's own, and those of the records that are merged into it (`Merge`). A record that a
person has to verify first, or that is kept or deleted, gives nothing; once somebody has decided on
it, the next run makes the golden record anew. What other records hold can only be beaten: where
nobody else has a value the field stays empty, and what they have stands under `beat`.

A cell counts as blank if it holds what people type when they have nothing to say (`N/A`, `unknown`,
`tbd`, `xxx`, `000`, a phone number of one digit only; `rules/absent_values.yaml` and
`rules/blank_cells.yaml`), or a placeholder for a name. Such a cell never wins, and a primary that
has one gains a real value.

Two cells say the same if they are written alike or are alike once they are normalised: `US` and
`United States`, two ways to write one phone number, `12 Main St.` and `12 MAIN STREET`. Then
nothing is beaten, and the primary's own writing stands.

## Strategies

```yaml
golden:
  strategies:                 # by header or field name
    Annual Revenue: highest
    phone: most_frequent
    Products: union
    Newsletter: any_true
  defaults: {web: longest}    # by type, for columns that have none of their own
  sources: [ERP, CRM]         # for source_priority, the best first
```

| strategy | the golden value is |
|---|---|
"""

_GOLDEN_TIES = """
What a person decided of a field (`keepone decisions add value`, or a click in the review app) goes
before any strategy: it is the golden value, `strategy` says `decided`, and `from` names the first
record whose cell says it, none where it was written anew.

A strategy that leaves several values takes the primary's, else that of the record surest to be the
same, else of the smallest record id. Where all cells are written alike there is nothing to choose,
and the value is from the first record in that order that may give it. A value that is no number or
date loses to one that is under `highest` and `lowest`, and so does a record without a date under
`most_recent` and `oldest`.

`union` takes each cell for a list with `golden.separator` between its values, which is `;` as in
Salesforce's multi-select picklists. Case and blanks aside, a value stands in it once, in the order
of the records; `from` is empty where no one record has them all.

## What ships

What `golden.strategies` does not name has the first strategy that is found here; `golden.defaults`
stands before the types.

"""

_GOLDEN_ADDRESSES = """
## Addresses stay together

Street, house number, city, region, postal code and country are one address, and so are latitude and
longitude. A word of the header (Billing, Shipping, Mailing, …; `rules/golden.yaml`) tells several
addresses of a record apart. All parts come from one record:

- by `primary`, the primary's own address if it has any part of one; else the one with most parts,
  of several the one whose parts most other records share;
- by `most_complete` and `most_frequent`, whatever the primary has, the one with most parts, and the
  one whose parts most records share;
- by `most_recent`, `oldest` and `source_priority`, that of the record that comes first.

What this address lacks is filled from one other record, and only if the two agree: no part that
both have differs, and they share a street, city or postal code. So a street is never put beside a
city of another office. A strategy given to one part holds for all; two different ones are refused,
and so are those that judge values one by one.

Under strategies other than `primary` an address may lack a part that the primary has: the golden
value is then empty and the primary changes, so that no line of one address is left in another.

## For programs

`gained` says that the primary's own cell is blank and the golden value is not, `changed` that its
cell is not blank and differs to the letter. Where files have different columns for one field, the
field is one line under the first of them, and the values are of whichever column the record has.
The record id is no field of a golden record; `primary_id` is its name.
"""


def cli_page() -> str:
    """Return docs/cli.md."""
    command = get_command(app)
    commands = get_docs_for_click(obj=command, ctx=Context(command), name="keepone", indent=1)
    return _CLI + commands.strip() + "\n"


def settings_page() -> str:
    """Return docs/settings.md."""
    parts = [_SETTINGS]
    for name, part in Settings.model_fields.items():
        model: Any = part.annotation
        assert issubclass(model, BaseModel)
        parts.append(f"\n## {name}\n\n{(model.__doc__ or '').strip()}\n")
        if model.model_fields:
            parts.append("\n| setting | default | |\n|---|---|---|\n")
            parts.extend(_row(name, key, field) for key, field in model.model_fields.items())
    return "".join(parts)


def types_page() -> str:
    """Return docs/types.md."""
    parts = [_TYPES, "| type | holds | made comparable | blocking keys |\n|---|---|---|---|\n"]
    for kind in FIELD_TYPES:
        told = kind.normalised or "not compared"
        parts.append(
            f"| `{kind.name}` | {kind.holds} | {told} | {_listed(key_words(kind.name))} |\n"
        )
    parts.append(_LEVELS)
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for name, comparison in COMPARISONS.items():
        told_of = tuple((level, level_in_words(name, level)) for level in comparison.levels[1:])
        alike.setdefault(told_of, []).append(name)
    for levels, names in alike.items():
        parts.append(f"\n### {', '.join(name.replace('_', ' ') for name in names)}\n\n")
        parts.append("| level | in words |\n|---|---|\n")
        parts += [f"| `{level}` | {words} |\n" for level, words in levels]
    return "".join(parts)


def golden_page() -> str:
    """Return docs/golden.md."""
    chosen = "".join(f"| `{name}` | {says} |\n" for name, says in STRATEGIES.items())
    shipped = []
    for what, strategies in zip(("header", "field", "type"), shipped_strategies(), strict=True):
        alike: dict[Strategy, list[str]] = {}
        for name, strategy in strategies.items():
            alike.setdefault(strategy, []).append(f"`{name}`")
        shipped += [
            f"| {what} | {', '.join(names)} | `{strategy}` |\n" for strategy, names in alike.items()
        ]
    table = "| by | | strategy |\n|---|---|---|\n"
    number = [stage.name for stage in STAGES].index("golden")
    told = _GOLDEN.replace("NN", f"{number:02d}")
    return "".join([told, chosen, _GOLDEN_TIES, table, *shipped, _GOLDEN_ADDRESSES])


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(texts) or "none"


def _row(stage: str, key: str, field: FieldInfo) -> str:
    default = json.dumps(field.get_default(call_default_factory=True), ensure_ascii=False)
    limits = [
        f"{word} {limit:g}"
        for bound in field.metadata
        for word, name in (("at least", "ge"), ("at most", "le"))
        if (limit := getattr(bound, name, None)) is not None
    ]
    said = (field.description or "").replace("|", "\\|")
    return f"| `{stage}.{key}` | `{default}` | {' '.join([said, *_sentence(limits)])} |\n"


def _sentence(limits: list[str]) -> list[str]:
    text = ", ".join(limits)
    return [f"{text[0].upper()}{text[1:]}."] if text else []
