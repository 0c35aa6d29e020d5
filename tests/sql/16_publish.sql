-- fetched
SELECT
    members.row,
    named.group_id,
    members.size AS group_size,
    members.row = members.primary AS is_primary,
    members.primary,
    CAST((members.probability + 50) // 100 AS DOUBLE) / 100 AS score,
    CAST(members.probability AS DOUBLE) / 1000000 AS match_probability,
    CAST(members.weight AS DOUBLE) / 1000 AS match_weight
FROM members
JOIN (
    SELECT founder.row, 'g-' || substr(md5(length(founder.dataset) || ':' || founder.dataset || founder.record_id), 1, 16) AS group_id
    FROM (SELECT DISTINCT "group" FROM members) AS found
    JOIN records AS founder ON founder.row = found."group"
) AS named ON named.row = members."group"
JOIN records AS record ON record.row = members.row
ORDER BY named.group_id, record.record_id;
