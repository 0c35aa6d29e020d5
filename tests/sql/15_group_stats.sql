-- table tally
SELECT
    m."group",
    CAST(count(*) AS INTEGER) AS size,
    min(m."primary") AS "primary",
    min(m.probability) AS least,
    CAST(sum(m.probability) AS BIGINT) AS total,
    count(m.probability) AS scored,
    max(m.probability) AS most,
    CAST(count(*) FILTER (WHERE r.disposition = 'Keep') AS INTEGER) AS "keep", CAST(count(*) FILTER (WHERE r.disposition = 'Enrich') AS INTEGER) AS "enrich", CAST(count(*) FILTER (WHERE r.disposition = 'Merge') AS INTEGER) AS "merge", CAST(count(*) FILTER (WHERE r.disposition = 'Delete') AS INTEGER) AS "delete", CAST(count(*) FILTER (WHERE r.disposition = 'Verify') AS INTEGER) AS "verify",
    concat_ws(', ', CASE WHEN bool_or(coalesce(r.flag = 'decided', FALSE) OR j.row IS NOT NULL) THEN 'decided' END, CASE WHEN bool_or(coalesce(r.flag = 'junk_name', FALSE)) THEN 'junk_name' END, CASE WHEN bool_or(coalesce(r.flag = 'budget', FALSE)) THEN 'budget' END, CASE WHEN bool_or(coalesce(r.flag = 'several_companies', FALSE)) THEN 'several_companies' END, CASE WHEN bool_or(coalesce(r.flag = 'related', FALSE)) THEN 'related' END, CASE WHEN bool_or(coalesce(r.flag = 'branch', FALSE)) THEN 'branch' END, CASE WHEN bool_or(coalesce(r.flag = 'alias_elsewhere', FALSE)) THEN 'alias_elsewhere' END, CASE WHEN bool_or(coalesce(r.flag = 'names_differ', FALSE)) THEN 'names_differ' END, CASE WHEN bool_or(coalesce(r.flag = 'weak_link', FALSE)) THEN 'weak_link' END, CASE WHEN bool_or(coalesce(r.flag = 'ids_conflict', FALSE) OR (m.conflicts & 1) <> 0) THEN 'ids_conflict' END, CASE WHEN bool_or(coalesce(r.flag = 'legal_forms_differ', FALSE) OR (m.conflicts & 2) <> 0) THEN 'legal_forms_differ' END, CASE WHEN bool_or(coalesce(r.flag = 'countries_differ', FALSE) OR (m.conflicts & 4) <> 0) THEN 'countries_differ' END, CASE WHEN bool_or(coalesce(r.flag = 'large_group', FALSE)) THEN 'large_group' END, CASE WHEN bool_or(coalesce(r.flag = 'suspicious', FALSE)) THEN 'suspicious' END) AS flags,
    CAST(sum(CASE
        WHEN r.proposed THEN greatest(r.doubt, 1000000 - coalesce(m.probability, 1000000))
        ELSE 0
    END) AS BIGINT) AS doubt
FROM members AS m
JOIN dispositions AS d ON d.row = m.row
JOIN rules AS r ON r.name = d.rule
LEFT JOIN (SELECT DISTINCT row FROM judgements) AS j ON j.row = m.row
GROUP BY m."group";

-- table near
SELECT "group", CAST(sum(probability * size) AS BIGINT) AS near
FROM (
    SELECT one."group", other."group" AS elsewhere, max(p.probability) AS probability
    FROM (
        SELECT l, r, probability FROM possible_matches
        UNION ALL
        SELECT r, l, probability FROM possible_matches
    ) AS p
    JOIN members AS one ON one.row = p.l
    JOIN members AS other ON other.row = p.r
    GROUP BY one."group", other."group"
) AS linked
JOIN (SELECT "group" AS elsewhere, size FROM tally) AS others
    ON others.elsewhere = linked.elsewhere
GROUP BY "group";

-- fetched
SELECT
    'g-' || substr(md5(length(f.dataset) || ':' || f.dataset || f.record_id), 1, 16) AS group_id,
    t.size,
    CAST((t.least + 50) // 100 AS DOUBLE) / 100 AS min_score,
    CAST((2 * t.total + 100 * t.scored) // nullif(200 * t.scored, 0) AS DOUBLE) / 100 AS mean_score,
    CAST((t.most + 50) // 100 AS DOUBLE) / 100 AS max_score,
    p.record_id AS primary_id,
    nullif(trim(concat_ws(' ', i."c001")), '') AS primary_name,
    t.keep, t.enrich, t."merge", t."delete", t.verify,
    t.flags,
    CAST(
        CASE
            WHEN t.doubt > 0
            THEN t.doubt * greatest(t.size - 1, 1) + coalesce(n.near, 0) * t.size
            ELSE 0
        END AS DOUBLE
    ) / 1000000 AS review_priority
FROM tally AS t
LEFT JOIN near AS n ON n."group" = t."group"
JOIN records AS f ON f.row = t."group"
JOIN records AS p ON p.row = t."primary"
JOIN inputs AS i ON i.row = t."primary"
ORDER BY group_id;
