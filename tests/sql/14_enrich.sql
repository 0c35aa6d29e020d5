-- table names
SELECT r.row, r.record_id, coalesce(trim(concat_ws(' ', n."name")), '') AS name
FROM records AS r
JOIN normalized AS n ON n.row = r.row;

-- table called
SELECT row, CASE
    WHEN name = '' THEN record_id
    ELSE '"' || CASE WHEN length(name) > 80 THEN substr(name, 1, 79) || '…' ELSE name END || '" (' || record_id || ')'
END AS called
FROM names;

-- table gains ($after, $first)
WITH gained AS (
    SELECT
        m.row, l.place, l.label,
        CASE WHEN g.value IS NULL THEN '' ELSE ' from ' || coalesce(c.called, 'several records') END
            AS giver,
        trim(regexp_replace(g.value, '[ \t\r\n]+', ' ', 'g')) AS value,
        CASE WHEN g.changed THEN ' instead of its own' ELSE '' END AS instead,
        row_number() OVER (PARTITION BY m.row ORDER BY l.place) AS nth,
        count(*) OVER (PARTITION BY m.row) AS gains
    FROM golden AS g
    JOIN members AS m ON m."group" = g."group" AND m.row = m."primary"
    JOIN field_labels AS l ON l."column" = g."column"
    LEFT JOIN called AS c ON c.row = g.source
    WHERE (g.gained OR g.changed) AND m.row >= $first AND m.row < $after
),
given AS (
    SELECT row, min(place) AS place, max(gains) AS gains, string_agg(
        label
        || coalesce(' "' || CASE WHEN length(value) > 40 THEN substr(value, 1, 39) || '…' ELSE value END || '"' || instead, ' left empty'),
        ', ' ORDER BY place
    ) || giver AS given
    FROM gained
    WHERE nth <= 12
    GROUP BY row, giver
)
SELECT row, string_agg(given, '; ' ORDER BY place) || CASE
    WHEN max(gains) > 12
    THEN ' and ' || CAST(max(gains) - 12 AS VARCHAR) || ' more'
    ELSE ''
END AS gains
FROM given
GROUP BY row;

-- fetched ($after, $enrich, $first)
SELECT v.row,
    CASE WHEN n.row IS NULL THEN v.disposition ELSE $enrich END AS disposition,
    CASE WHEN n.row IS NULL THEN v.rule ELSE 'enrich' END AS rule,
    CASE WHEN n.row IS NULL THEN v.reason ELSE n.reason END AS reason,
    v.proposed_disposition
FROM verdicts AS v
LEFT JOIN (
    SELECT row, 'Primary of ' || detail_size || ' records (' || detail_criterion || '); gains ' || detail_gains AS reason
    FROM (
        SELECT m.row, CAST(m.size AS VARCHAR) AS detail_size, m.criterion AS detail_criterion,
            g.gains AS detail_gains
        FROM gains AS g
        JOIN members AS m ON m.row = g.row
    ) AS details
) AS n ON n.row = v.row AND v.rule = 'primary'
WHERE v.row >= $first AND v.row < $after
ORDER BY v.row;
