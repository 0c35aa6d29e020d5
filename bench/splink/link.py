"""Splink on an account export, set up by hand as a user who knows it would.

Run in an environment of its own (requirements.lock beside this file):

    link.py ACCOUNTS.csv --threshold WEIGHT --out CLUSTERS.parquet
    link.py ACCOUNTS.csv --sweep TRUTH.parquet

The first is the whole job: read, clean, train, score, cluster, write (record_id, entity_id). The
second looks at the truth to find the match weight whose clusters have the highest pairwise F1, a
help that no user has, and prints it as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

_READ = """
SELECT
    "Account ID" AS record_id,
    "Account Name" AS name,
    "Website" AS website,
    "Phone" AS phone,
    "Billing Street" AS street,
    "Billing City" AS city,
    "Billing State" AS state,
    "Billing Postal Code" AS postcode,
    "Billing Country" AS country
FROM read_csv($path, all_varchar = true, header = true, nullstr = '')
"""

# Legal forms and abbreviations as somebody writes them down who has looked at the file.
_LEGAL = (
    "inc|incorporated|llc|ltd|limited|corp|corporation|co|company|gmbh|ag|kg|ohg|sarl|sas|sa|plc"
    "|lp|llp|pllc|pc|pty|bv|nv|srl|spa|ltda|limitee|ltee"
)

_CLEAN = """
SELECT
    record_id,
    nullif(trim(regexp_replace(
        regexp_replace(
            regexp_replace(
                lower(strip_accents(replace(name, '&', ' and '))),
                '[''.]', '', 'g'
            ),
            '[^a-z0-9]+', ' ', 'g'
        ),
        '\\b(the|and|' || $legal || ')\\b', ' ', 'g'
    )), '') AS loose_name,
    nullif(right(
        regexp_replace(split_part(lower(phone), 'x', 1), '[^0-9]', '', 'g'), 10
    ), '') AS phone,
    nullif(regexp_replace(
        regexp_replace(lower(website), '^[a-z]+://', ''), '^www[.]|[/?:].*$', '', 'g'
    ), '') AS domain,
    nullif(trim(
        regexp_replace(lower(strip_accents(street)), '[^a-z0-9]+', ' ', 'g')
    ), '') AS street,
    nullif(regexp_extract(street, '[0-9]+'), '') AS house,
    nullif(trim(regexp_replace(lower(strip_accents(city)), '[^a-z]+', ' ', 'g')), '') AS city,
    lower(state) AS state,
    nullif(left(regexp_replace(lower(postcode), '[^a-z0-9]', '', 'g'), 5), '') AS postcode,
    lower(country) AS country
FROM accounts
"""

_TOKENS = """
WITH tokens AS (
    SELECT record_id, unnest(list_distinct(string_split(loose_name, ' '))) AS token FROM cleaned
), counted AS (
    SELECT token, count(*) AS records FROM tokens WHERE length(token) > 1 GROUP BY token
)
SELECT
    record_id,
    list(token ORDER BY records, token) AS by_rarity,
    array_to_string(list_sort(list(token)), ' ') AS sorted_name
FROM tokens
JOIN counted USING (token)
GROUP BY record_id
"""

_PREPARED = """
SELECT
    cleaned.*,
    trim(regexp_replace(loose_name, ' +', ' ', 'g')) AS name,
    replace(loose_name, ' ', '') AS glued_name,
    sorted_name,
    by_rarity[1] AS rarest,
    by_rarity[2] AS second_rarest,
    by_rarity[:3] AS rare_tokens
FROM cleaned
LEFT JOIN tokens USING (record_id)
"""

_PAIR_COUNTS = """
WITH cells AS (
    SELECT g.cluster_id, t.entity_id, count(*)::HUGEINT AS records
    FROM {{this}} AS g
    JOIN read_parquet('{truth}') AS t ON t.record_id = g.record_id
    GROUP BY ALL
), found AS (
    SELECT sum(n * (n - 1)) / 2 AS pairs
    FROM (SELECT sum(records) AS n FROM cells GROUP BY cluster_id)
), known AS (
    SELECT sum(n * (n - 1)) / 2 AS pairs
    FROM (SELECT sum(records) AS n FROM cells GROUP BY entity_id)
), shared AS (
    SELECT sum(records * (records - 1)) / 2 AS pairs FROM cells
)
SELECT 2 * shared.pairs / (found.pairs + known.pairs) AS f1 FROM shared, found, known
"""

_WEIGHTS = range(-4, 31)


def _settings() -> SettingsCreator:
    name = cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name"),
            cll.ExactMatchLevel("name").configure(tf_adjustment_column="name"),
            cll.CustomLevel(
                "sorted_name_l = sorted_name_r OR glued_name_l = glued_name_r",
                "same tokens or letters",
            ),
            cll.JaroWinklerLevel("name", 0.95),
            cll.And(
                cll.CustomLevel("rarest_l = rarest_r", "rarest token"),
                cll.JaroWinklerLevel("name", 0.85),
            ),
            cll.CustomLevel("rarest_l = rarest_r", "rarest token").configure(
                tf_adjustment_column="rarest"
            ),
            cll.ArrayIntersectLevel("rare_tokens", 1),
            cll.JaroWinklerLevel("name", 0.85),
            cll.ElseLevel(),
        ],
    )
    street = cl.CustomComparison(
        output_column_name="street",
        comparison_levels=[
            cll.NullLevel("street"),
            cll.ExactMatchLevel("street").configure(tf_adjustment_column="street"),
            cll.And(cll.ExactMatchLevel("house"), cll.JaroWinklerLevel("street", 0.88)),
            cll.JaroWinklerLevel("street", 0.92),
            cll.ExactMatchLevel("house"),
            cll.ElseLevel(),
        ],
    )
    postcode = cl.CustomComparison(
        output_column_name="postcode",
        comparison_levels=[
            cll.NullLevel("postcode"),
            cll.ExactMatchLevel("postcode").configure(tf_adjustment_column="postcode"),
            cll.CustomLevel("left(postcode_l, 3) = left(postcode_r, 3)", "same area"),
            cll.ElseLevel(),
        ],
    )
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record_id",
        comparisons=[
            name,
            cl.LevenshteinAtThresholds("phone", 1).configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("domain", 0.92).configure(term_frequency_adjustments=True),
            street,
            postcode,
            cl.JaroWinklerAtThresholds("city", 0.9).configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("sorted_name"),
            block_on("glued_name"),
            block_on("phone"),
            block_on("domain"),
            block_on("postcode", "house"),
            block_on("rarest", "second_rarest"),
            block_on("rarest", "state"),
            block_on("rarest", "left(postcode, 3)"),
            block_on("left(name, 6)", "city"),
        ],
        retain_matching_columns=False,
    )


def _trained(accounts: Path) -> Linker:
    """Read and clean the accounts and train the model."""
    api = DuckDBAPI()
    for table, sql, parameters in (
        ("accounts", _READ, {"path": str(accounts)}),
        ("cleaned", _CLEAN, {"legal": _LEGAL}),
        ("tokens", _TOKENS, {}),
        ("prepared", _PREPARED, {}),
    ):
        api.duckdb_con.execute(f"CREATE TABLE {table} AS {sql}", parameters)
    linker = Linker(api.register("prepared"), _settings(), log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match(
        [
            block_on("sorted_name", "postcode"),
            block_on("phone", "rarest"),
            block_on("domain", "rarest"),
        ],
        recall=0.6,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in (block_on("sorted_name"), block_on("phone"), block_on("postcode", "house")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    return linker


def link(accounts: Path, weight: float, out: Path) -> None:
    """Write the clusters at the match weight `weight`."""
    linker = _trained(accounts)
    pairs = linker.inference.predict(threshold_match_weight=weight)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        pairs, threshold_match_weight=weight
    )
    clusters.as_duckdbpyrelation().select("record_id, cluster_id AS entity_id").write_parquet(
        str(out)
    )


def sweep(accounts: Path, truth: Path) -> dict[str, float]:
    """Return the match weight whose clusters have the highest pairwise F1, and that F1."""
    linker = _trained(accounts)
    pairs = linker.inference.predict(threshold_match_weight=min(_WEIGHTS))
    best = {"threshold": 0.0, "f1": -1.0}
    for weight in _WEIGHTS:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_weight=weight
        )
        counted = clusters.query_sql(_PAIR_COUNTS.format(truth=truth.as_posix()))
        f1 = counted.as_record_list()[0]["f1"]
        if f1 > best["f1"]:
            best = {"threshold": float(weight), "f1": float(f1)}
    return best


def main(arguments: list[str]) -> None:
    """Link, or look for the best threshold."""
    parser = argparse.ArgumentParser(description="Splink on an account export.")
    parser.add_argument("accounts", type=Path)
    parser.add_argument("--threshold", type=float, help="match weight, in bits")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--sweep", type=Path, metavar="TRUTH")
    options = parser.parse_args(arguments)
    if options.sweep:
        print(json.dumps(sweep(options.accounts, options.sweep)))
    else:
        link(options.accounts, options.threshold, options.out)


if __name__ == "__main__":
    main(sys.argv[1:])
