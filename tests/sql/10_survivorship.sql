-- table grouped
SELECT g.row, g."group", s.size
FROM grouping AS g
JOIN (
    SELECT "group", CAST(count(*) AS INTEGER) AS size
    FROM grouping GROUP BY "group" HAVING count(*) > 1
) AS s ON s."group" = g."group";

-- fetched
SELECT DISTINCT coalesce(trim(i."c012"), '') AS value
FROM inputs AS i
WHERE i.row IN (SELECT row FROM grouped)
ORDER BY value;

-- table filled_1
SELECT i.row, length(concat_ws('', CASE WHEN i."c000" >= '!' THEN '1' WHEN trim(i."c000") <> '' THEN '1' END, CASE WHEN i."c001" >= '!' THEN '1' WHEN trim(i."c001") <> '' THEN '1' END, CASE WHEN i."c002" >= '!' THEN '1' WHEN trim(i."c002") <> '' THEN '1' END, CASE WHEN i."c003" >= '!' THEN '1' WHEN trim(i."c003") <> '' THEN '1' END, CASE WHEN i."c004" >= '!' THEN '1' WHEN trim(i."c004") <> '' THEN '1' END, CASE WHEN i."c005" >= '!' THEN '1' WHEN trim(i."c005") <> '' THEN '1' END, CASE WHEN i."c006" >= '!' THEN '1' WHEN trim(i."c006") <> '' THEN '1' END, CASE WHEN i."c007" >= '!' THEN '1' WHEN trim(i."c007") <> '' THEN '1' END, CASE WHEN i."c008" >= '!' THEN '1' WHEN trim(i."c008") <> '' THEN '1' END, CASE WHEN i."c009" >= '!' THEN '1' WHEN trim(i."c009") <> '' THEN '1' END, CASE WHEN i."c010" >= '!' THEN '1' WHEN trim(i."c010") <> '' THEN '1' END, CASE WHEN i."c011" >= '!' THEN '1' WHEN trim(i."c011") <> '' THEN '1' END, CASE WHEN i."c012" >= '!' THEN '1' WHEN trim(i."c012") <> '' THEN '1' END, CASE WHEN i."c013" >= '!' THEN '1' WHEN trim(i."c013") <> '' THEN '1' END, CASE WHEN i."c014" >= '!' THEN '1' WHEN trim(i."c014") <> '' THEN '1' END)) AS cells
FROM inputs AS i
WHERE i.row IN (SELECT row FROM grouped);

-- table ranked
SELECT *, row_number() OVER (PARTITION BY "group" ORDER BY key_0 ASC NULLS LAST, key_1 DESC NULLS LAST, key_2 ASC NULLS LAST,  row) AS place
FROM (SELECT g.row, g."group", r0.rank AS key_0, substr(coalesce(trim(i."c012"), ''), 1, 80) AS shown_0, f1.cells AS key_1, NULL AS shown_1, CASE WHEN regexp_matches(trim(n."created_date"), '^[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN trim(n."created_date") END AS key_2, NULL AS shown_2 FROM grouped AS g
JOIN inputs AS i ON i.row = g.row
JOIN normalized AS n ON n.row = g.row JOIN ranks_0 AS r0 ON r0.value = coalesce(trim(i."c012"), '') JOIN filled_1 AS f1 ON f1.row = g.row) AS compared;

-- table by_criteria ($label_0)
SELECT best."group", best.row AS "primary", CASE WHEN best.key_0 IS DISTINCT FROM runner_up.key_0 THEN $label_0 || ': ' || CASE WHEN best.shown_0 = '' THEN '(empty)' ELSE best.shown_0 END WHEN best.key_1 IS DISTINCT FROM runner_up.key_1 THEN 'most complete: ' || best.key_1 || ' of 15 fields' WHEN best.key_2 IS DISTINCT FROM runner_up.key_2 THEN 'oldest: ' || substr(best.key_2, 1, 10) ELSE 'record id' END AS criterion
FROM ranked AS best
JOIN ranked AS runner_up ON runner_up."group" = best."group"
WHERE best.place = 1 AND runner_up.place = 2;

-- table chosen
SELECT "group", row AS "primary", said
FROM (
    SELECT g."group", g.row, j.said,
        row_number() OVER (PARTITION BY g."group" ORDER BY j.decision DESC, g.row) AS place
    FROM grouped AS g
    JOIN judgements AS j ON j.row = g.row
    WHERE j.kind = 'primary'
) AS judged
WHERE place = 1;

-- table primaries
SELECT b."group", coalesce(c."primary", b."primary") AS "primary",
    coalesce(c.said, b.criterion) AS criterion
FROM by_criteria AS b
LEFT JOIN chosen AS c ON c."group" = b."group";

-- table placed
SELECT
    g.row, g."group", g.size, p."primary", p.criterion, t.representative,
    g.row = p."primary" AS is_primary,
    h.number AS held,
    CAST(dense_rank() OVER (
        ORDER BY g."group", t.representative, g.row = p."primary", coalesce(h.row, -1)
    ) - 1 AS INTEGER) AS node
FROM grouped AS g
JOIN twins AS t ON t.row = g.row
JOIN primaries AS p ON p."group" = g."group"
LEFT JOIN (SELECT row, number FROM judgements WHERE kind = 'same') AS h ON h.row = g.row;

-- fetched
SELECT DISTINCT node, "group", representative, is_primary, held
FROM placed
ORDER BY node;

-- fetched
SELECT
    g.row, g."group",
    coalesce(p.size, 1) AS size,
    coalesce(p."primary", g.row) AS "primary",
    coalesce(p.criterion, 'alone') AS criterion,
    CASE WHEN NOT p.is_primary THEN coalesce(p.probability, 0) END AS probability,
    CASE
        WHEN NOT p.is_primary THEN CASE WHEN p.probability IS NULL THEN 0 ELSE p.weight END
    END AS weight,
    coalesce(p.conflicts, 0) AS conflicts
FROM grouping AS g
LEFT JOIN (
    SELECT
        m.row, m.size, m."primary", m.criterion, m.is_primary,
        paths.probability, paths.weight, paths.conflicts
    FROM placed AS m
    LEFT JOIN paths ON paths.node = m.node
) AS p ON p.row = g.row
ORDER BY g.row;
