"""Typed settings: one frozen class per stage, and the machine's apart.

Settings of a stage change what a result means and enter its fingerprint. `MachineSettings` never
change a result. Every setting is read by the stage whose class it stands in.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_serializer,
    field_validator,
    model_validator,
)

from keepone.model import Model

# Stands, where stages are named, for those that are not.
ALL_STAGES = "*"
# Large enough that a batch costs nothing, small enough that it takes little memory.
BATCH_ROWS = 250_000
# Where decisions are kept if nothing else is said, and what to say where none are to be read.
WORKSPACE_DECISIONS, NO_DECISIONS = "workspace", "none"

Percent = Annotated[float, Field(ge=0, le=100)]

Headers = Annotated[
    tuple[str, ...],
    BeforeValidator(
        lambda value: (value,) if isinstance(value, str) else value,
        json_schema_input_type=str | list[str],
    ),
]
"""Headers of columns, or names of files; one may be written without a list."""

Strategy = Literal[
    "primary", "most_complete", "most_frequent", "most_recent", "oldest",
    "longest", "shortest", "highest", "lowest", "source_priority",
    "union", "any_true", "never",
]  # fmt: skip
"""How a golden record takes a value; `keepone.rules.golden` says what each means."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IngestSettings(_Frozen):
    """How files become records."""

    id_column: str | None = Field(
        None, description="Header of the record id column; found if unset."
    )
    sheet: str | None = Field(
        None, description="Workbook sheet to read; if unset, all that list the same as the largest."
    )
    delimiter: str | None = Field(None, description="CSV delimiter; found if unset.")
    encoding: str | None = Field(None, description="Text encoding; found if unset.")
    max_cell: int = Field(
        100_000, ge=100, description="Characters a cell may hold; longer rows are rejected."
    )


class ProfileSettings(_Frozen):
    """What the columns are taken for."""

    map: dict[str, Headers] = Field(
        default_factory=dict,
        description=(
            "Field name to column header, as in --map FIELD=COLUMN;"
            " to a list of headers where files call it differently."
        ),
    )
    types: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "Column header to type, such as Reg No: identifier, where a column was taken for"
            " something else; docs/types.md lists the types."
        ),
    )
    ignore: tuple[str, ...] = Field((), description="Headers of columns that are never compared.")
    link: str | None = Field(
        None,
        description=(
            "Header of the column that names each record's source, or source_file, where no source"
            " holds a company twice: records of one source are never one company. A record that"
            " names none is compared with all."
        ),
    )


class NormalizeSettings(_Frozen):
    """How values are made comparable."""

    abbreviations: dict[str, Headers] = Field(
        default_factory=dict,
        description=(
            "Word to its other spellings in names of organisations, such as harbour: [hbr, harbor];"
            " beside those that ship."
        ),
    )
    legal_forms: dict[str, Headers] = Field(
        default_factory=dict,
        description=(
            "Class of legal forms to spellings at the end of names, such as llc: [limited co of"
            " delaware]; beside those that ship, as a class of theirs or a new one."
        ),
    )

    default_country: str = Field(
        "auto",
        description="ISO 3166 alpha-2 code for values without a country; auto: most frequent.",
    )

    @field_validator("default_country")
    @classmethod
    def _two_letters(cls, value: str) -> str:
        if value != "auto" and not (len(value) == 2 and value.isascii() and value.isalpha()):
            message = "must be auto or a code of two letters, such as DE"
            raise ValueError(message)
        return value


class BlockSettings(_Frozen):
    """Which pairs are looked at."""

    pairs_per_record: int = Field(
        52,
        ge=1,
        description="Pairs a record that blocking may make; found by two keys, counted twice.",
    )
    share: int = Field(100, ge=1, le=100, description="Percent made; --max-seconds may lower it.")


class FitSettings(_Frozen):
    """How the model is fitted to the file."""

    max_iterations: int = Field(50, ge=0, description="Most EM iterations.")
    model: str | Model | None = Field(
        None,
        description=(
            "Model file to use instead of fitting one: a run's model.json, or what keepone train"
            " wrote. A run keeps the model it was given, not the file."
        ),
    )


class ScoreSettings(_Frozen):
    """Which pairs are kept."""

    review: Percent = Field(
        20.0, ge=1, description="Match pairs have at least this probability, in percent."
    )


class DecideSettings(_Frozen):
    """What people decided of the records. Nothing to set."""


class ClusterSettings(_Frozen):
    """How pairs become groups."""

    join: Percent = Field(
        50.0,
        ge=25,
        description=(
            "Groups are joined at this average probability, in percent: of pairs by themselves,"
            " before calibration. Large groups need somewhat less, or more, as the file's links"
            " tell."
        ),
    )


class CalibrateSettings(_Frozen):
    """What scores are worth in this file. Nothing to set."""


class SurvivorshipSettings(_Frozen):
    """Which record of a group is kept."""

    criteria: tuple[str, ...] = Field(
        ("rank", "most_complete", "oldest"),
        description=(
            "In order: rank (relationship, type or status by a rank table), most_complete, oldest"
            " (created date), or COLUMN:max, COLUMN:min, COLUMN:rank, COLUMN:present."
            " The record id decides what is left."
        ),
    )
    rank_column: str | None = Field(
        None, description="Header of the column to rank; found if unset."
    )
    rank_table: dict[str, int] = Field(
        default_factory=dict,
        description="Value to rank, 1 first, * for all others; the shipped table if empty.",
    )


class RelateSettings(_Frozen):
    """What records are to each other, and what refers to them."""

    children: Headers = Field(
        (),
        description=(
            "Exports of contacts, opportunities and other records that refer to the accounts, as in"
            " --children FILE: junk is only deleted where they show that nothing refers to it."
        ),
    )


class GoldenSettings(_Frozen):
    """What golden records take from which record. docs/golden.md explains the strategies."""

    strategies: dict[str, Strategy] = Field(
        default_factory=dict,
        description="Header or field name to strategy, such as Annual Revenue: highest.",
    )
    defaults: dict[str, Strategy] = Field(
        default_factory=dict,
        description=(
            "Field type to strategy, such as phone: most_frequent, for columns that have none of"
            " their own; docs/golden.md lists what ships."
        ),
    )
    date_column: str | None = Field(
        None,
        description=(
            "Header of the date by which most_recent and oldest go; if unset, the modified date,"
            " else the created date, and the other way about for oldest."
        ),
    )
    sources: tuple[str, ...] = Field(
        (), description="Names of sources, the best first, by which source_priority goes."
    )
    source_column: str | None = Field(
        None,
        description=(
            "Header of the column that names each record's source; if unset, the source that was"
            " recognised, else the name of its file."
        ),
    )
    separator: str = Field(
        ";", min_length=1, description="What stands between the values that union joins."
    )


class DispositionSettings(_Frozen):
    """What becomes of each record."""

    auto: Percent = Field(
        95.0, description="Links below this probability, in percent, are verified."
    )
    max_group: int = Field(
        50, ge=1, description="Groups of more records are verified before anything is merged."
    )
    branches: Literal["separate", "one_account"] = Field(
        "separate",
        description=(
            "Whether branches, the same brand at another place, are accounts of their own"
            " (separate: in a group they are verified, and kept if the reviewer agrees) or merged"
            " like any other duplicate (one_account)."
        ),
    )
    blacklist: tuple[str, ...] = Field((), description="Words or phrases that mark a name as junk.")
    blacklist_file: str | None = Field(
        None,
        description=(
            "File with more of them, one a line; lines that begin with # are comments. A run keeps"
            " the terms it was given, not the file."
        ),
    )
    labels: dict[Literal["Keep", "Enrich", "Merge", "Delete", "Verify"], str] = Field(
        default_factory=dict, description="Other words for the dispositions, such as Merge: Update."
    )


class EnrichSettings(_Frozen):
    """Which primaries gain values. Nothing to set."""


class GroupStatsSettings(_Frozen):
    """What is counted per group, and what comes first in review."""

    value_column: str | None = Field(
        None,
        description=(
            "Header of a column of numbers, such as revenue: review_priority is multiplied by the"
            " greatest of a group (at least 1)."
        ),
    )


class PublishSettings(_Frozen):
    """What is written for people."""

    columns: Headers = Field(
        ("all",),
        description=(
            "Columns of review_ready beside the verdict and source_file: all, review (the"
            " recognised fields), or names; several are joined."
        ),
    )


class MissedSettings(_Frozen):
    """What is estimated of pairs that no key found. Nothing to set."""


class MachineSettings(_Frozen):
    """The machine's share, and where decisions are, an input; never changes a result."""

    threads: int = Field(0, ge=0, description="Threads to use; 0 takes all processors.")
    memory: str = Field(
        "auto", description="Memory to use, such as 2GB; auto takes half of what is free."
    )
    batch_rows: int = Field(
        BATCH_ROWS, ge=1, description="Records whose dispositions are found at a time."
    )
    compression: Literal["zstd", "snappy", "none"] = Field(
        "zstd", description="How Parquet files are compressed: zstd, snappy or none."
    )
    compression_level: int = Field(1, ge=1, le=22, description="zstd level of Parquet files.")
    narrow_types: bool = Field(
        default=True,
        description=(
            "Write Parquet files with integers of 32 bits and text of few values as dictionaries;"
            " otherwise with 64 bits and plain text."
        ),
    )
    group_details: Literal["lazy", "eager"] = Field(
        "lazy",
        description=(
            "When the pairs of a group are looked up: lazy, when it is asked for; eager, for all"
            " groups at the end of the run, in group_pairs.parquet."
        ),
    )
    engines: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "Stage to the engine it runs on: duckdb, reference, or pandas (group_stats alone);"
            " * stands for all other stages. Left out, a stage runs on duckdb."
        ),
    )
    cache: bool = Field(
        default=True,
        description="Use what this and other runs of the workspace have computed already.",
    )
    redact: bool = Field(default=False, description="Write report.html without values of records.")
    decisions: str = Field(
        WORKSPACE_DECISIONS,
        description=(
            "Where people's decisions are kept: workspace, in decisions.sqlite there; none, to"
            " leave them aside; else a file, or the URL of a PostgreSQL database."
        ),
    )

    @field_serializer("decisions")
    def _without_password(self, value: str) -> str:
        return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", value)


class Settings(_Frozen):
    """All settings of a run."""

    ingest: IngestSettings = IngestSettings()
    profile: ProfileSettings = ProfileSettings()
    normalize: NormalizeSettings = NormalizeSettings()
    block: BlockSettings = BlockSettings()
    fit: FitSettings = FitSettings()
    score: ScoreSettings = ScoreSettings()
    decide: DecideSettings = DecideSettings()
    cluster: ClusterSettings = ClusterSettings()
    calibrate: CalibrateSettings = CalibrateSettings()
    survivorship: SurvivorshipSettings = SurvivorshipSettings()
    relate: RelateSettings = RelateSettings()
    disposition: DispositionSettings = DispositionSettings()
    golden: GoldenSettings = GoldenSettings()
    enrich: EnrichSettings = EnrichSettings()
    group_stats: GroupStatsSettings = GroupStatsSettings()
    publish: PublishSettings = PublishSettings()
    missed: MissedSettings = MissedSettings()
    machine: MachineSettings = MachineSettings()

    @model_validator(mode="after")
    def _thresholds_in_order(self) -> Settings:
        if not self.score.review <= self.cluster.join <= self.disposition.auto:
            message = (
                "thresholds must rise: score.review"
                f" ({self.score.review:g}) ≤ cluster.join ({self.cluster.join:g})"
                f" ≤ disposition.auto ({self.disposition.auto:g})"
            )
            raise ValueError(message)
        return self
