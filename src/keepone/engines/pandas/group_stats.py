"""Group stats with pandas: a frame of members, grouped."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from keepone.ids import group_id, name_fields
from keepone.rules.dispositions import DECIDED_FLAG, GROUP_FLAGS, RULES
from keepone.rules.worth import NOISE, NUMBER, value_columns
from keepone.schema import CONFLICT_COUNTRY, CONFLICT_IDS, CONFLICT_LEGAL, GROUP_STATS
from keepone.settings import GroupStatsSettings

_DISPOSITIONS = ("Keep", "Enrich", "Merge", "Delete", "Verify")
# Flags that a group also has where another rule came first.
_CONFLICTS = {
    "ids_conflict": CONFLICT_IDS,
    "legal_forms_differ": CONFLICT_LEGAL,
    "countries_differ": CONFLICT_COUNTRY,
}
_MILLION = 1_000_000


def group_stats(
    engine: object,  # noqa: ARG001 - pandas needs no other engine
    settings: GroupStatsSettings,
    *,
    records: pa.Table,
    fields: pa.Table,
    inputs: pa.Table,
    members: pa.Table,
    possible_matches: pa.Table,
    dispositions: pa.Table,
    judgements: pa.Table,
) -> dict[str, pa.Table]:
    """Return `group_stats`, as the stage of the same name promises."""
    found = _judged(members, dispositions)
    found["decided"] = found["row"].isin(judgements.column("row").to_pylist())
    groups = found.groupby("group", sort=True)
    table = groups.agg(size=("row", "size"), primary=("primary", "min"))
    scores = groups["probability"].agg(["min", "max", "sum", "count"])
    scored = scores["count"].replace(0, 1)
    # Sums of millionths stay below 2^53, so that nothing is lost on the way.
    means = (2 * scores["sum"] + 100 * scored) // (200 * scored) / 100
    table["mean_score"] = means.where(scores["count"] > 0)
    table["min_score"] = (scores["min"] + 50) // 100 / 100
    table["max_score"] = (scores["max"] + 50) // 100 / 100
    for name in _DISPOSITIONS:
        table[name.lower()] = (found["disposition"] == name).groupby(found["group"]).sum()
    table["flags"] = _flags(found)
    doubt = found["doubt"].groupby(found["group"]).sum().astype("int64")
    near = _near(found, table["size"], possible_matches)
    pairs = doubt * (table["size"] - 1).clip(lower=1) + near * table["size"]
    priority = pairs.where(doubt > 0, 0) / _MILLION
    valued = value_columns(settings, fields)
    table["review_priority"] = priority * _worth(inputs, valued, found) if valued else priority
    records = records.sort_by("row")  # a record's row is then its position
    ids, datasets = records.column("record_id").to_pylist(), records.column("dataset").to_pylist()
    table["group_id"] = [group_id(datasets[group], ids[group]) for group in table.index]
    table["primary_id"] = [ids[primary] for primary in table["primary"]]
    table["primary_name"] = _names(inputs, fields, table["primary"])
    table = table.sort_values("group_id")
    columns = {
        field.name: pa.array(table[field.name], field.type, from_pandas=True)
        for field in GROUP_STATS.arrow()
    }
    return {"group_stats": pa.table(columns, schema=GROUP_STATS.arrow())}


def _judged(members: pa.Table, dispositions: pa.Table) -> pd.DataFrame:
    """Return one row a record: its place in its group, the rule that decided, and its doubt."""
    rules = pd.DataFrame(
        {
            "rule": [rule.name for rule in RULES],
            "disposition": [rule.disposition for rule in RULES],
            "flag": [rule.flag for rule in RULES],
            "open": [rule.proposed is not None for rule in RULES],
            "least": [rule.doubt * 10_000 for rule in RULES],
        }
    )
    verdicts = dispositions.select(["row", "rule"]).to_pandas()
    places: pd.DataFrame = members.to_pandas()
    found = places.merge(verdicts, on="row").merge(rules, on="rule")
    found["probability"] = found["probability"].astype("float64")
    unsure = (_MILLION - found["probability"]).fillna(0)
    found["doubt"] = unsure.where(unsure > found["least"], found["least"]).where(found["open"], 0)
    return found


def _worth(inputs: pa.Table, columns: Sequence[str], found: pd.DataFrame) -> pd.Series[float]:
    """Return the greatest value of each group's records; 1 for what is no number, or less."""
    cells = inputs.select(["row", *columns]).to_pandas().set_index("row")
    given = cells.bfill(axis=1).iloc[:, 0].fillna("").astype(str)
    plain = given.str.replace(NOISE, "", regex=True)
    whole = plain.str.extract(NUMBER)[0].where(plain.str.fullmatch(NUMBER))
    value = found["row"].map(whole).astype("float64").fillna(1).clip(lower=1)
    return value.groupby(found["group"]).max()


def _near(found: pd.DataFrame, sizes: pd.Series[int], possible_matches: pa.Table) -> pd.Series[int]:
    """Return how many records of other groups each nearly holds, in millionths."""
    group_of = found.set_index("row")["group"]
    pairs = possible_matches.select(["l", "r", "probability"]).to_pandas()
    turned = pairs.rename(columns={"l": "r", "r": "l"})
    both = pd.concat([pairs, turned])
    both["group"], both["other"] = both["l"].map(group_of), both["r"].map(group_of)
    best = both.groupby(["group", "other"], as_index=False)["probability"].max()
    best["near"] = best["probability"] * best["other"].map(sizes)
    near = best.groupby("group")["near"].sum()
    of_all: pd.Series[int] = near.reindex(sizes.index, fill_value=0).astype("int64")
    return of_all


def _flags(found: pd.DataFrame) -> pd.Series[str]:
    """Return the flags of each group, in their order, with a comma between."""
    told = pd.Series("", index=sorted(found["group"].unique()), dtype=object)
    for flag in GROUP_FLAGS:
        raised = found["flag"] == flag
        if flag in _CONFLICTS:
            raised |= (found["conflicts"] & _CONFLICTS[flag]) != 0
        if flag == DECIDED_FLAG:
            raised |= found["decided"]
        having = raised.groupby(found["group"]).any()
        joined = told.where(told == "", told + ", ") + flag
        told = joined.where(having, told)
    return told


def _names(inputs: pa.Table, fields: pa.Table, primaries: pd.Series[int]) -> list[str | None]:
    """Return each primary's name as it came; None where it has none."""
    inputs = inputs.sort_by("row")
    columns = [
        inputs.column(name).to_pylist()
        for together in name_fields(fields).values()
        for name in together
    ]
    parts = ([column[row] for column in columns if column[row] is not None] for row in primaries)
    return [" ".join(part).strip(" ") or None for part in parts]
