-- fetched
SELECT
    record.record_id,
    'g-' || substr(md5(length(founder.dataset) || ':' || founder.dataset || founder.record_id), 1, 16) AS group_id,
    members.size AS group_size,
    members.row = members.primary AS is_primary,
    kept.record_id AS primary_id,
    CAST((members.probability + 50) // 100 AS DOUBLE) / 100 AS score,
    dispositions.disposition,
    dispositions.reason,
    dispositions.proposed_disposition,
    CAST(members.probability AS DOUBLE) / 1000000 AS match_probability,
    CAST(members.weight AS DOUBLE) / 1000 AS match_weight,
    record.source_file,
    record.row
FROM members
JOIN records AS record ON record.row = members.row
JOIN records AS founder ON founder.row = members."group"
JOIN records AS kept ON kept.row = members.primary
JOIN dispositions ON dispositions.row = members.row
ORDER BY group_id, record.record_id;
