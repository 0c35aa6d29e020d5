"""Every table that the pipeline makes: its grain, key, columns and types.

Inside, a record is a `row`: the rank of its key (dataset, record_id), so that order of arrival
means nothing. Record ids come back only when tables are published. Weights are integers in 1/1000
bit, probabilities integers in millionths, so that engines and threads agree to the last digit.

`SCHEMA_VERSION` stands in the metadata of every Parquet file as `keepone.schema_version`. It rises
when a reader of the release before would take a file wrongly; files of every version stay readable:

1. files without that entry, in row groups of the size of memory blocks;
2. small row groups, statistics on keys and ids alone, text of few values as a dictionary.
"""

from __future__ import annotations

import pyarrow as pa

from keepone.decision_tables import BLACKLISTED, DECIDED, JUDGEMENTS
from keepone.golden_tables import GOLDEN, GOLDEN_FIELDS, GOLDEN_RECORDS
from keepone.relation_tables import CHILDREN, RELATED, RELATIONS
from keepone.table_schema import Column, TableSchema

SCHEMA_VERSION = 2


_ROW = Column("row", pa.int32(), "the record: rank of (dataset, record_id)")
_PROBABILITY = pa.int32()

RECORDS = TableSchema(
    "records",
    "one accepted input record",
    ("row",),
    (
        _ROW,
        Column("dataset", pa.string(), "files with the same columns are one dataset"),
        Column(
            "record_id", pa.string(), "unique within the run; Salesforce ids have 18 characters"
        ),
        Column("source_file", pa.string(), "name of the file it came from"),
    ),
)

INPUTS = TableSchema(
    "inputs",
    "one accepted input record, every input column as text under c000, c001, … (see headers)",
    ("row",),
    (_ROW,),
    open=True,
)

HEADERS = TableSchema(
    "headers",
    "one input column",
    ("column",),
    (
        Column("column", pa.string(), "its name in inputs: c000, c001, …"),
        Column("header", pa.string(), "its header as it came; unique"),
    ),
)

REJECTS = TableSchema(
    "rejects",
    "one input row that is no record, with the reason",
    ("file", "source_row", "code"),
    (
        Column("file", pa.string(), "file name"),
        Column("source_row", pa.int64(), "1-based line of the record in its file or sheet"),
        Column("column", pa.string(), "header of the column at fault", nullable=True),
        Column("code", pa.string(), "short machine-readable reason, such as ragged_row"),
        Column("message", pa.string(), "what is wrong and what to do"),
        Column("raw", pa.string(), "the row as it came, cut to 2,000 characters"),
    ),
)

FIELDS = TableSchema(
    "fields",
    "one input column, with what it was taken for",
    ("column",),
    (
        Column("column", pa.string(), "its name in inputs"),
        Column("header", pa.string(), "its header"),
        Column(
            "field",
            pa.string(),
            "field name, such as name, phone, fax; columns of different datasets may share it",
            nullable=True,
        ),
        Column("type", pa.string(), "field type, such as organisation, phone, street, ignored"),
        Column("filled", pa.int64(), "records with a value"),
        Column("distinct", pa.int64(), "distinct values"),
        Column("compared", pa.bool_(), "whether pairs are compared on it"),
        Column("why", pa.string(), "what spoke for the type: header, values, --map"),
        Column(
            "datasets",
            pa.list_(pa.string()),
            "the datasets with a value in it; null where that is all of them",
            nullable=True,
        ),
    ),
)

NORMALIZED = TableSchema(
    "normalized",
    "one record; one text column per recognised field, cleaned for people: published as field_*",
    ("row",),
    (_ROW,),
    open=True,
)

FEATURES = TableSchema(
    "features",
    "one record; one column <field>.<part> per thing that pairs are compared on: text, or a list",
    ("row",),
    (_ROW,),
    open=True,
)

FLAGS = TableSchema(
    "flags",
    "one thing noticed about a record, whatever it is compared with",
    ("row", "flag"),
    (
        _ROW,
        Column("flag", pa.string(), "placeholder_name, several_companies, no_name, …"),
        Column("detail", pa.string(), "what a person should know: the word or value seen"),
    ),
)

ORIGINS = TableSchema(
    "origins",
    "one record whose source is held to hold no company twice (profile.link); none without a link",
    ("row",),
    (_ROW, Column("origin", pa.int32(), "its source: rank of the source's name")),
)

DISTINCT = TableSchema(
    "distinct",
    "one record, with the record that stands for all that are equal to it after normalising",
    ("row",),
    (_ROW, Column("representative", pa.int32(), "smallest row with equal compared values")),
)

_ENDS = (Column("l", pa.int32(), "the smaller row"), Column("r", pa.int32(), "the larger row"))
_WEIGHED = (*_ENDS, Column("weight", pa.int32(), "match weight in 1/1000 bit"))
_WORTH = Column("probability", _PROBABILITY, "calibrated probability in millionths")
_CONFLICTS = Column("conflicts", pa.int32(), "bits: 1 ids, 2 legal forms, 4 countries differ")

CANDIDATES = TableSchema(
    "candidates",
    "one pair of representatives that share a blocking key (l = r: equal records were collapsed)",
    ("l", "r"),
    (*_ENDS, Column("keys", pa.int32(), "bit i: key i of the blocking table found the pair")),
)

BLOCKING = TableSchema(
    "blocking",
    "one kind of blocking key, with what it cost and found",
    ("key",),
    (
        Column("key", pa.int32(), "its bit in candidates.keys"),
        Column("name", pa.string(), "what the key is made of"),
        Column("blocks", pa.int64(), "distinct key values used"),
        Column("pairs", pa.int64(), "candidate pairs it found"),
        Column("alone", pa.int64(), "candidate pairs that no other kind found"),
        Column("cost", pa.int64(), "pairs compared on its account: of k kinds each bears a k-th"),
        Column("capped_blocks", pa.int64(), "key values too frequent to use"),
        Column("capped_pairs", pa.int64(), "pairs that those would have made"),
        Column("lost_pairs", pa.int64(), "of those, about so many are no candidates by other keys"),
        Column("cap", pa.int64(), "records up to which a block makes all its pairs; of every kind"),
    ),
)

LEFT_OUT = TableSchema(
    "left_out",
    "one record that lost candidate pairs since `block.share` is less than 100; none otherwise",
    ("row",),
    (_ROW,),
)

FREQUENCIES = TableSchema(
    "frequencies",
    "one value of a compared field that more than one record carries",
    ("field", "part", "value"),
    (
        Column("field", pa.string(), "field name"),
        Column("part", pa.string(), "value, number, tokens (words), tokens glued, tokens held"),
        Column("value", pa.string(), "normalised text; of a name its words with | between"),
        Column("records", pa.int64(), "records or names that carry it; of tokens held, hold it"),
    ),
)

SCORED = TableSchema(
    "scored",
    "one candidate pair of representatives above the floor, as the model has it by itself",
    ("l", "r"),
    (*_WEIGHED, Column("probability", _PROBABILITY, "the model's, in millionths"), _CONFLICTS),
)

GROUPS = TableSchema(
    "groups",
    "one record, with its group",
    ("row",),
    (_ROW, Column("group", pa.int32(), "smallest row of the group")),
)

CALIBRATION = TableSchema(
    "calibration",
    "one step of match weights, with what they are worth in this file",
    ("weight",),
    (
        Column("weight", pa.int32(), "where the step begins, in 1/1000 bit"),
        Column("share", _PROBABILITY, "of its pairs so many are matches, in millionths"),
        Column("pairs", pa.int64(), "pairs of records, in groups that show it"),
    ),
)

PAIRS = TableSchema(
    "pairs",
    "one scored pair, with what its score is worth in this file",
    ("l", "r"),
    (
        *_WEIGHED,
        _WORTH,
        Column("model_probability", _PROBABILITY, "that of the pair by itself, which groups join"),
        _CONFLICTS,
    ),
)

POSSIBLE_MATCHES = TableSchema(
    "possible_matches",
    "one match pair of records that ended in different groups (of equal records the first)",
    ("l", "r"),
    (*_WEIGHED, _WORTH),
)

MISSED = TableSchema(
    "missed",
    "one way in which pairs of records of one company were never compared, and all of them",
    ("part",),
    (
        Column("part", pa.string(), "all, within groups, between linked groups, apart"),
        Column("pairs", pa.int64(), "such pairs of records, estimated"),
        Column("low", pa.int64(), "where the estimate's 90 % interval begins"),
        Column("high", pa.int64(), "where it ends"),
    ),
)

MEMBERS = TableSchema(
    "members",
    "one record, with its place in its group",
    ("row",),
    (
        _ROW,
        Column("group", pa.int32(), "smallest row of the group"),
        Column("size", pa.int32(), "records in the group"),
        Column("primary", pa.int32(), "row of the record that is kept"),
        Column(
            "criterion", pa.string(), "what made the primary the primary; alone for groups of 1"
        ),
        Column(
            "probability",
            _PROBABILITY,
            "weakest link of the best path to the primary; null for the primary",
            nullable=True,
        ),
        Column(
            "weight",
            pa.int32(),
            "that link's weight; null likewise, and where people hold the two together",
            nullable=True,
        ),
        Column("conflicts", pa.int32(), "conflict bits along that path"),
    ),
)

_VERDICT = (
    _ROW,
    Column("disposition", pa.string(), "Keep, Enrich, Merge, Delete or Verify"),
    Column("rule", pa.string(), "name of the rule that decided"),
    Column("reason", pa.string(), "the rule's reason, with the detail that a person needs"),
    Column(
        "proposed_disposition",
        pa.string(),
        "for Verify: what follows if the reviewer agrees",
        nullable=True,
    ),
)

VERDICTS = TableSchema(
    "verdicts",
    "one record, with what to do with it and why, before golden records are chosen",
    ("row",),
    _VERDICT,
)

DISPOSITIONS = TableSchema(
    "dispositions",
    "one record, with what to do with it and why",
    ("row",),
    _VERDICT,
)

GROUP_STATS = TableSchema(
    "group_stats",
    "one group",
    ("group_id",),
    (
        Column("group_id", pa.string(), "as in review_ready"),
        Column("size", pa.int32(), "records"),
        Column("min_score", pa.float64(), "smallest member score, 0-100", nullable=True),
        Column("mean_score", pa.float64(), "mean member score, 0-100", nullable=True),
        Column("max_score", pa.float64(), "largest member score, 0-100", nullable=True),
        Column("primary_id", pa.string(), "record id of the primary"),
        Column("primary_name", pa.string(), "its name as it came", nullable=True),
        Column("keep", pa.int32(), "members with that disposition"),
        Column("enrich", pa.int32(), "members with that disposition"),
        Column("merge", pa.int32(), "members with that disposition"),
        Column("delete", pa.int32(), "members with that disposition"),
        Column("verify", pa.int32(), "members with that disposition"),
        Column(
            "flags",
            pa.string(),
            "decided, legal_forms_differ, ids_conflict, countries_differ, weak_link, …",
            few=True,
        ),
        Column(
            "review_priority",
            pa.float64(),
            "pairs that a decision may put right; 0 when none is open",
        ),
    ),
)

REVIEW_READY = TableSchema(
    "review_ready",
    "one record: the verdict, then field_<name>, then every input column, then source_file",
    ("group_id", "record_id"),
    (
        Column("record_id", pa.string(), "the record"),
        Column("group_id", pa.string(), "its group; derives from the group's smallest key"),
        Column("group_size", pa.int32(), "records in the group"),
        Column("is_primary", pa.bool_(), "whether it is the record that is kept"),
        Column("primary_id", pa.string(), "record id of the group's primary"),
        Column("score", pa.float64(), "0-100, weakest link to the primary", nullable=True),
        Column("disposition", pa.string(), "what to do with it", few=True),
        Column("reason", pa.string(), "why"),
        Column("proposed_disposition", pa.string(), "for Verify", nullable=True, few=True),
        Column("match_probability", pa.float64(), "score / 100, unrounded", nullable=True),
        Column("match_weight", pa.float64(), "bits", nullable=True),
    ),
    open=True,
)

TABLES: dict[str, TableSchema] = {
    table.name: table
    for table in (
        RECORDS, INPUTS, HEADERS, REJECTS, FIELDS, ORIGINS, NORMALIZED, FEATURES, FLAGS,
        DISTINCT, CANDIDATES, BLOCKING, LEFT_OUT, FREQUENCIES, SCORED, JUDGEMENTS, BLACKLISTED,
        DECIDED, GROUPS, CALIBRATION, PAIRS, POSSIBLE_MATCHES, MEMBERS, RELATIONS, RELATED,
        CHILDREN, VERDICTS, GOLDEN, GOLDEN_FIELDS, DISPOSITIONS, GROUP_STATS, REVIEW_READY,
        GOLDEN_RECORDS, MISSED,
    )
}  # fmt: skip

CONFLICT_IDS = 1
CONFLICT_LEGAL = 2
CONFLICT_COUNTRY = 4
