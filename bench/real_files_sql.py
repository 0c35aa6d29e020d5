"""The statements by which `real_files` counts and samples a run."""

from __future__ import annotations

SEEN = """
CREATE TABLE seen AS
SELECT
    records.row, review.*, members.primary,
    concat_ws(' | ', {shown}) AS shown,
    lower(trim(regexp_replace(concat_ws(chr(31), {shown}), '[[:punct:][:space:]]+', ' ', 'g')))
        AS plain
FROM review
JOIN records USING (record_id)
JOIN members ON members.row = records.row
"""
"""One record: its verdict, what a reader compares, and the same without case and punctuation."""

POSSIBLE_MATCHES = """
CREATE TABLE possible AS
SELECT a.record_id AS one, b.record_id AS other, pairs.probability / 10000 AS probability,
    a.shown AS shown, b.shown AS other_shown, a.plain = b.plain AS equal
FROM pairs
JOIN seen AS a ON a.row = pairs.l
JOIN seen AS b ON b.row = pairs.r
WHERE a.group_id <> b.group_id AND pairs.probability >= $review
"""
"""One match pair whose records ended in different groups."""

POSSIBLE_COUNTED = """
SELECT count(*) AS pairs, count(*) FILTER (equal) AS equal,
    count(*) FILTER (probability >= $join) AS above
FROM possible
"""

COPIES = """
SELECT
    CASE WHEN n <= 5 THEN '2 to 5' WHEN n <= 15 THEN '6 to 15' WHEN n <= 60 THEN '16 to 60'
        ELSE 'more than 60' END AS copies,
    sum(n)::BIGINT AS records, count(*) AS forms, sum(alone)::BIGINT AS alone
FROM (
    SELECT plain, count(*) AS n, count(*) FILTER (group_size = 1) AS alone
    FROM seen WHERE disposition <> 'Delete' GROUP BY plain HAVING count(*) > 1
)
GROUP BY 1 ORDER BY min(n)
"""
"""Records that are equal to a reader, by how many of a kind there are, and how many are alone."""

GROUPS_COUNTED = """
SELECT
    count(*) AS groups,
    coalesce(sum(size), 0)::BIGINT AS records,
    count(*) FILTER (forms = 1) AS equal_groups,
    coalesce(sum(size) FILTER (forms = 1), 0)::BIGINT AS equal_records,
    coalesce(sum(size * (size - 1) // 2), 0)::BIGINT AS pairs,
    coalesce(sum(equal_pairs), 0)::BIGINT AS equal_pairs
FROM (
    SELECT group_id, sum(n) AS size, count(*) AS forms, sum(n * (n - 1) // 2) AS equal_pairs
    FROM (SELECT group_id, plain, count(*) AS n FROM seen GROUP BY ALL)
    GROUP BY group_id
    HAVING sum(n) > 1
)
"""
"""Groups of two or more, those whose records are all equal to a reader, and the pairs in them."""

EQUAL_COUNTED = """
SELECT
    coalesce(sum(n * (n - 1) // 2), 0)::BIGINT AS pairs,
    coalesce(sum(together), 0)::BIGINT AS together
FROM (
    SELECT plain, sum(n) AS n, sum(n * (n - 1) // 2) AS together
    FROM (SELECT plain, group_id, count(*) AS n FROM seen GROUP BY ALL)
    GROUP BY plain
)
"""
"""Pairs of records that are equal to a reader, and how many of them are in one group."""

DISPOSITIONS = """
SELECT disposition, rule, count(*) AS records
FROM dispositions GROUP BY ALL ORDER BY records DESC, rule
"""

SIZES = """
SELECT group_size, count(DISTINCT group_id) AS groups
FROM seen WHERE group_size > 1 GROUP BY 1 ORDER BY 1 DESC LIMIT 5
"""

UNEQUAL_MERGES = """
SELECT concat_ws(', ', {differing}) AS differing, count(*) AS records
FROM seen AS one JOIN seen AS kept ON kept.row = one.primary
WHERE one.row <> one.primary AND one.plain <> kept.plain
GROUP BY 1 ORDER BY records DESC, 1
"""
"""Records in a group whose primary reads otherwise, by the columns in which it does."""

MERGED_COUNTED = """
SELECT
    count(*) FILTER (one.shown <> kept.shown) AS unequal,
    count(*) FILTER (one.shown = kept.shown) AS equal
FROM seen AS one JOIN seen AS kept ON kept.row = one.primary
WHERE one.row <> one.primary
"""
"""Records in a group of another primary, by whether the two differ in anything that is compared."""

NAMES_MERGED = """
SELECT CASE
        WHEN one.plain = kept.plain THEN 'rows equal to a reader'
        WHEN a."name.tokens" <> b."name.tokens" THEN 'words spelled otherwise, added or left out'
        WHEN a."name.legal" <> b."name.legal" THEN 'legal forms differ'
        WHEN (a."name.legal" IS NULL) <> (b."name.legal" IS NULL) THEN 'a legal form is missing'
        ELSE 'same words and legal form after normalising'
    END AS kind,
    count(*) AS records,
    median(one.score) AS score
FROM seen AS one
JOIN seen AS kept ON kept.row = one.primary
JOIN features AS a ON a.row = one.row
JOIN features AS b ON b.row = kept.row
WHERE one.row <> one.primary
GROUP BY 1 ORDER BY records DESC, 1
"""
"""Records in a group whose primary is another, by how the two names differ."""

LARGEST = """
SELECT group_id, any_value(group_size) AS size, min(shown) AS first, max(shown) AS last
FROM seen GROUP BY 1 HAVING any_value(group_size) > 1 ORDER BY size DESC, group_id LIMIT 10
"""

SAMPLED_GROUPS = """
SELECT group_id FROM seen WHERE group_size > 1
GROUP BY group_id ORDER BY md5(group_id) LIMIT $most
"""

GROUP = """
SELECT record_id, record_id = primary_id AS is_primary, primary_id, score, disposition, shown
FROM seen WHERE group_id = $group
ORDER BY is_primary DESC, md5(record_id) LIMIT $most
"""

SAMPLED_POSSIBLE = "SELECT * FROM possible ORDER BY md5(one || ' ' || other) LIMIT $most"

HIGHEST = """
SELECT a.record_id AS one, b.record_id AS other, pairs.probability / 10000 AS probability,
    a.shown AS shown, b.shown AS other_shown
FROM pairs
JOIN seen AS a ON a.row = pairs.l
JOIN seen AS b ON b.row = pairs.r
WHERE a.row < b.row AND a.group_id <> b.group_id
ORDER BY pairs.probability DESC, md5(one || ' ' || other) LIMIT $most
"""
"""The pairs of records in different groups that came nearest to being one."""

SAMPLED_VERIFY = """
SELECT v.record_id, v.primary_id, v.reason, v.shown, kept.shown AS primary_shown
FROM seen AS v JOIN seen AS kept ON kept.row = v.primary
WHERE v.proposed_disposition IS NOT NULL
ORDER BY md5('verify ' || v.record_id) LIMIT $most
"""

PAIR = """
SELECT a.group_id = b.group_id AS together, a.shown AS shown, b.shown AS other_shown,
    a.record_id || b.record_id IN (SELECT one || other FROM possible)
    OR b.record_id || a.record_id IN (SELECT one || other FROM possible) AS possible
FROM seen AS a, seen AS b WHERE a.record_id = $one AND b.record_id = $other
"""
