-- fetched
SELECT
    CAST(sum(rows) AS BIGINT) AS rows,
    CAST(sum(CASE WHEN id IS NULL THEN 0 ELSE rows END) AS BIGINT) AS filled,
    count(id) AS ids
FROM (SELECT file, id, count(*) AS rows FROM candidate GROUP BY file, id) AS counted;

-- fetched
SELECT k.position, k.dataset, k.source_file, k.source_row, k.id
FROM keyed AS k
LEFT JOIN (
    SELECT dataset, id FROM keyed WHERE id IS NOT NULL GROUP BY dataset, id HAVING count(*) > 1
) AS repeated ON k.dataset = repeated.dataset AND k.id = repeated.id
WHERE k.sound AND (k.id IS NULL OR repeated.id IS NOT NULL)
ORDER BY k.position;

-- table content ($header_c000, $header_c001, $header_c002, $header_c003, $header_c004, $header_c005, $header_c006, $header_c007, $header_c008, $header_c009, $header_c010, $header_c011, $header_c012, $header_c013, $header_c014)
SELECT
    position,
    filled,
    md5(content) AS digest,
    CASE WHEN id IS NOT NULL THEN content END AS content
FROM (
    SELECT
        position,
        id,
        length(concat_ws('', CASE WHEN "c000" IS NOT NULL THEN '1' END, CASE WHEN "c001" IS NOT NULL THEN '1' END, CASE WHEN "c002" IS NOT NULL THEN '1' END, CASE WHEN "c003" IS NOT NULL THEN '1' END, CASE WHEN "c004" IS NOT NULL THEN '1' END, CASE WHEN "c005" IS NOT NULL THEN '1' END, CASE WHEN "c006" IS NOT NULL THEN '1' END, CASE WHEN "c007" IS NOT NULL THEN '1' END, CASE WHEN "c008" IS NOT NULL THEN '1' END, CASE WHEN "c009" IS NOT NULL THEN '1' END, CASE WHEN "c010" IS NOT NULL THEN '1' END, CASE WHEN "c011" IS NOT NULL THEN '1' END, CASE WHEN "c012" IS NOT NULL THEN '1' END, CASE WHEN "c013" IS NOT NULL THEN '1' END, CASE WHEN "c014" IS NOT NULL THEN '1' END)) AS filled,
        concat_ws(chr(30), $header_c000 || chr(31) || "c000", $header_c001 || chr(31) || "c001", $header_c012 || chr(31) || "c012", $header_c006 || chr(31) || "c006", $header_c009 || chr(31) || "c009", $header_c008 || chr(31) || "c008", $header_c007 || chr(31) || "c007", $header_c005 || chr(31) || "c005", $header_c011 || chr(31) || "c011", $header_c004 || chr(31) || "c004", $header_c013 || chr(31) || "c013", $header_c014 || chr(31) || "c014", $header_c003 || chr(31) || "c003", $header_c010 || chr(31) || "c010", $header_c002 || chr(31) || "c002") AS content
    FROM doubtful_cells
) AS told;

-- table made
SELECT
    d.position,
    'auto-' || substr(c.digest, 1, 16) AS base,
    row_number() OVER (
        PARTITION BY d.dataset, substr(c.digest, 1, 16)
        ORDER BY c.digest, d.source_file, d.source_row
    ) AS occurrence
FROM doubtful AS d
JOIN content AS c ON c.position = d.position
WHERE d.id IS NULL;

-- table ranked
SELECT
    d.position,
    row_number() OVER (
        PARTITION BY d.dataset, d.id
        ORDER BY c.filled DESC, c.content, d.source_file, d.source_row
    ) AS place
FROM doubtful AS d
JOIN content AS c ON c.position = d.position
WHERE d.id IS NOT NULL;

-- table accepted
SELECT
    k.position,
    k.dataset,
    k.source_file,
    CASE
        WHEN k.id IS NOT NULL THEN k.id
        WHEN m.occurrence > 1 THEN m.base || '-' || CAST(m.occurrence AS VARCHAR)
        ELSE m.base
    END AS id
FROM keyed AS k
LEFT JOIN made AS m ON m.position = k.position
LEFT JOIN ranked AS r ON r.position = k.position
WHERE k.sound AND coalesce(r.place, 1) = 1;

-- fetched
SELECT
    CAST(row_number() OVER (ORDER BY dataset, record_id) - 1 AS INTEGER) AS row,
    dataset,
    record_id,
    source_file,
    position
FROM (
    SELECT
        position,
        dataset,
        source_file,
        CASE WHEN clash.clashes > 0 THEN dataset || ':' || id ELSE id END AS record_id
    FROM accepted
    CROSS JOIN (
        SELECT count(*) AS clashes
        FROM (SELECT id FROM accepted GROUP BY id HAVING count(DISTINCT dataset) > 1) AS shared
    ) AS clash
) AS named
ORDER BY row;

-- fetched
SELECT k.position, k.sound
FROM keyed AS k
LEFT JOIN ranked AS r ON r.position = k.position
WHERE NOT k.sound OR r.place > 1
ORDER BY k.position;
