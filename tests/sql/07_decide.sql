-- fetched
SELECT r.row, s.kind, s.number, coalesce(s.field, '') AS field, s.value, s.decision, d.said
FROM statements AS s
JOIN records AS r ON r.dataset = s.dataset AND r.record_id = s.record_id
JOIN decisions AS d ON d.decision = s.decision
ORDER BY r.row, s.kind, s.number, field;

-- table held
SELECT j.row, j.number, j.decision, t.representative
FROM judgements AS j
JOIN twins AS t ON t.row = j.row
WHERE j.kind = 'same';

-- table kinds_held
SELECT number, representative, count(*) AS copies
FROM held
GROUP BY number, representative;

-- table compared
SELECT a.number, a.representative AS l, b.representative AS r,
    coalesce(s.probability, 0) AS probability
FROM candidates AS c
JOIN kinds_held AS a ON a.representative = c.l
JOIN kinds_held AS b ON b.representative = c.r AND b.number = a.number
LEFT JOIN scored AS s ON s.l = c.l AND s.r = c.r
WHERE c.l < c.r OR a.copies > 1;

-- fetched ($review)
SELECT h.decision,
    'matches the others at ' || CAST(b.probability // 10000 AS VARCHAR) || '.'
    || CAST((b.probability // 1000) % 10 AS VARCHAR) || ' % at most' AS detail
FROM held AS h
JOIN (
    SELECT number, representative, max(probability) AS probability
    FROM (
        SELECT number, l AS representative, probability FROM compared
        UNION ALL
        SELECT number, r AS representative, probability FROM compared
    ) AS ends
    GROUP BY number, representative
    HAVING max(probability) < $review
) AS b ON b.number = h.number AND b.representative = h.representative
JOIN decisions AS d ON d.decision = h.decision
WHERE NOT d.knew_low_score;

-- fetched ($label)
SELECT h.decision, $label || ' ' || v.least || ' against ' || v.most AS detail
FROM held AS h
JOIN features AS f ON f.row = h.row
JOIN (
    SELECT h.number, min(f."tax_id.value") AS least, max(f."tax_id.value") AS most
    FROM held AS h
    JOIN features AS f ON f.row = h.row
    GROUP BY h.number
    HAVING min(f."tax_id.value") <> max(f."tax_id.value")
) AS v ON v.number = h.number
JOIN decisions AS d ON d.decision = h.decision
WHERE f."tax_id.value" IS NOT NULL AND NOT d.knew_ids_differ;

-- fetched
SELECT s.value AS term, d.said
FROM statements AS s
JOIN decisions AS d ON d.decision = s.decision
WHERE s.kind = 'blacklist'
ORDER BY term;

-- fetched
SELECT d.decision, d.id, d.kind, d.author, d.time, d.said,
    CASE
        WHEN c.detail IS NOT NULL THEN 'contradicted'
        WHEN d.overruled IS NOT NULL THEN 'overruled'
        ELSE 'applied'
    END AS status,
    coalesce(c.detail, d.overruled, '') AS detail
FROM decisions AS d
LEFT JOIN (
    SELECT decision, min(detail) AS detail
    FROM doubts
    GROUP BY decision
) AS c ON c.decision = d.decision
ORDER BY d.decision;
