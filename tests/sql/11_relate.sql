-- table ids
SELECT dataset, row, CASE
    WHEN dataset <> '' AND strpos(record_id, dataset || ':') = 1
    THEN substr(record_id, length(dataset) + 2)
    ELSE record_id
END AS id
FROM records;

-- table spellings
SELECT dataset, spelling, min(row) AS row
FROM (
    SELECT dataset, row, id AS spelling FROM ids
    UNION ALL
    SELECT dataset, row, substr(id, 1, 15) AS spelling FROM ids WHERE length(id) = 18
) AS spelled
GROUP BY dataset, spelling;

-- table pointing ($header_0)
SELECT i.row, s.row AS parent, $header_0 AS header
FROM inputs AS i
JOIN records AS r ON r.row = i.row
JOIN spellings AS s ON s.dataset = r.dataset AND s.spelling = trim(i."c014")
WHERE s.row <> i.row;

-- table brands
SELECT m.row, min(m.row) OVER (PARTITION BY array_to_string(f."name.tokens", ' ')) AS head
FROM members AS m
JOIN features AS f ON f.row = m.row
WHERE m.row = m."primary" AND f."name.tokens" IS NOT NULL
    AND m.row NOT IN (SELECT row FROM flags WHERE flag = 'placeholder_name');

-- table looked_at
SELECT row AS l, "primary" AS r, 'group' AS side FROM members WHERE row <> "primary"
UNION ALL
SELECT l, r, 'apart' AS side FROM possible_matches
UNION ALL
SELECT row AS l, head AS r, 'brand' AS side FROM brands WHERE row <> head;

-- table side_by_side
SELECT s.l, s.r, s.side, s.same_id, s.same_web,
    s.same_id OR s.same_contact OR s.same_number OR (s.same_town AND NOT s.street_apart)
        AS same_site,
    s.name_alike AND NOT (s.same_id OR s.same_contact OR s.street_alike)
        AND ((s.city_apart AND s.code_apart) OR (s.street_apart AND (s.city_apart OR s.code_apart)))
        AS elsewhere,
    s.street_apart, s.city_apart, s.code_apart,
    array_length(s.ours) > 0 AS ours_longer,
    CASE WHEN array_length(s.theirs) = 0 THEN s.ours WHEN array_length(s.ours) = 0 THEN s.theirs END
        AS added
FROM (
    SELECT *, ((coalesce(like_4 <> 'different', FALSE) AND number_4)) AS same_number, (coalesce(like_4 <> 'different', FALSE)) AS street_alike,
        (coalesce(like_5 <> 'different', FALSE) OR coalesce(like_7 <> 'different', FALSE)) AS same_town, ((coalesce(like_4 = 'different', FALSE)) AND NOT (coalesce(like_4 <> 'different', FALSE))) AS street_apart, ((coalesce(like_5 = 'different', FALSE)) AND NOT (coalesce(like_5 <> 'different', FALSE))) AS city_apart,
        ((coalesce(like_7 = 'different', FALSE)) AND NOT (coalesce(like_7 <> 'different', FALSE))) AS code_apart, (coalesce(like_0 <> 'different', FALSE)) AS name_alike
    FROM (
        SELECT x.l, x.r, x.side, CASE WHEN a."name.tokens" <> b."name.tokens" THEN CASE WHEN coalesce(CASE WHEN 2 * array_length(array_intersect(a."name.tokens", b."name.tokens")) >= least(array_length(a."name.tokens"), array_length(b."name.tokens")) THEN TRUE ELSE 4 * levenshtein(array_to_string(a."name.tokens", ' '), array_to_string(b."name.tokens", ' ')) <= least(length(array_to_string(a."name.tokens", ' ')), length(array_to_string(b."name.tokens", ' '))) END, TRUE) THEN 'similar' ELSE 'different' END WHEN a."name.tokens" IS NOT DISTINCT FROM b."name.tokens" AND (a."name.tokens" IS NOT NULL) THEN 'same' END AS like_0, CASE WHEN a."street.tokens" <> b."street.tokens" OR a."street.number" <> b."street.number" THEN CASE WHEN coalesce(CASE WHEN 2 * array_length(array_intersect(a."street.tokens", b."street.tokens")) >= least(array_length(a."street.tokens"), array_length(b."street.tokens")) THEN TRUE ELSE 4 * levenshtein(array_to_string(a."street.tokens", ' '), array_to_string(b."street.tokens", ' ')) <= least(length(array_to_string(a."street.tokens", ' ')), length(array_to_string(b."street.tokens", ' '))) END, TRUE) AND coalesce(a."street.number" = b."street.number", TRUE) THEN 'similar' ELSE 'different' END WHEN a."street.tokens" IS NOT DISTINCT FROM b."street.tokens" AND a."street.number" IS NOT DISTINCT FROM b."street.number" AND (a."street.tokens" IS NOT NULL OR a."street.number" IS NOT NULL) THEN 'same' END AS like_4, (coalesce(a."street.number" = b."street.number", FALSE)) AS number_4, CASE WHEN strpos(a."city.value", b."city.value" || ' ') = 1 OR strpos(b."city.value", a."city.value" || ' ') = 1 THEN 'similar' ELSE CASE WHEN a."city.value" <> b."city.value" THEN CASE WHEN coalesce(4 * levenshtein(a."city.value", b."city.value") <= least(length(a."city.value"), length(b."city.value")), TRUE) THEN 'similar' ELSE 'different' END WHEN a."city.value" IS NOT DISTINCT FROM b."city.value" AND (a."city.value" IS NOT NULL) THEN 'same' END END AS like_5, CASE WHEN coalesce(a."postal_code.short", a."postal_code.value") <> coalesce(b."postal_code.short", b."postal_code.value") THEN 'different' WHEN coalesce(a."postal_code.short", a."postal_code.value") = coalesce(b."postal_code.short", b."postal_code.value") THEN 'same' END AS like_7, (coalesce(a."tax_id.value" = b."tax_id.value", FALSE)) AS same_id,
            (coalesce(a."phone.value" = b."phone.value", FALSE) OR coalesce(a."email.value" = b."email.value", FALSE)) AS same_contact, (coalesce(a."website.value" = b."website.value", FALSE)) AS same_web, CASE WHEN a."name.tokens" <> b."name.tokens" THEN list_filter(a."name.tokens", lambda w: NOT array_contains(b."name.tokens", w)) ELSE CAST([] AS VARCHAR[]) END AS ours,
            CASE WHEN a."name.tokens" <> b."name.tokens" THEN list_filter(b."name.tokens", lambda w: NOT array_contains(a."name.tokens", w)) ELSE CAST([] AS VARCHAR[]) END AS theirs
        FROM looked_at AS x
        JOIN features AS a ON a.row = x.l
        JOIN features AS b ON b.row = x.r
    ) AS found
) AS s;

-- table added
SELECT x.l, x.r, x.ours_longer, min(w.place) AS place,
    'one name adds "' || min(x.words) || '"' AS why
FROM (
    SELECT l, r, ours_longer, same_id, same_site, array_to_string(added, ' ') AS words,
        array_length(added) AS number, unnest(added) AS word
    FROM side_by_side
    WHERE array_length(added) > 0
) AS x
JOIN words AS w ON w.word = x.word
GROUP BY x.l, x.r, x.ours_longer, x.same_id, x.same_site, x.number
HAVING count(*) = x.number AND NOT x.same_id AND (bool_or(w.unit) OR NOT x.same_site);

-- table found
SELECT least(p.row, p.parent) AS l, greatest(p.row, p.parent) AS r,
    0 AS basis,
    CASE WHEN p.row < p.parent THEN 'subsidiary' ELSE 'parent' END AS kind,
    p.header || ' says so' AS why
FROM pointing AS p
UNION ALL
SELECT least(a.l, a.r) AS l, greatest(a.l, a.r) AS r, 1 AS basis,
    CASE WHEN a.ours_longer = (a.l < a.r) THEN k.kind ELSE k.other END AS kind, a.why
FROM added AS a
JOIN kinds AS k ON k.place = a.place
UNION ALL
SELECT least(l, r) AS l, greatest(l, r) AS r, 2 AS basis, 'branch' AS kind,
    'different ' || concat_ws(
        ', ', CASE WHEN street_apart THEN 'street' END, CASE WHEN city_apart THEN 'city' END,
        CASE WHEN code_apart THEN 'postal code' END
    ) AS why
FROM side_by_side
WHERE side = 'group' AND elsewhere
UNION ALL
SELECT least(l, r) AS l, greatest(l, r) AS r, 3 AS basis,
    CASE WHEN same_web THEN 'branch' ELSE 'same brand' END AS kind,
    CASE WHEN same_web THEN 'same name and web site' ELSE 'same name' END
        || ', different ' || concat_ws(
        ', ', CASE WHEN street_apart THEN 'street' END, CASE WHEN city_apart THEN 'city' END,
        CASE WHEN code_apart THEN 'postal code' END
    ) AS why
FROM side_by_side
WHERE side = 'brand' AND elsewhere;

-- table relations
WITH first AS (
    SELECT f.l, f.r, f.kind, f.basis, f.why
    FROM (
        SELECT *, row_number() OVER (PARTITION BY l, r ORDER BY basis, kind, why) AS place
        FROM found
    ) AS f
    WHERE f.place = 1
)
SELECT f.l AS row, f.r AS other, f.kind, b.basis, f.why
FROM first AS f
JOIN bases AS b ON b.place = f.basis
UNION ALL
SELECT f.r AS row, f.l AS other, k.other AS kind, b.basis, f.why
FROM first AS f
JOIN bases AS b ON b.place = f.basis
JOIN kinds AS k ON k.kind = f.kind;

-- fetched
SELECT * FROM relations AS r ORDER BY r.row, r.other;

-- fetched
SELECT a.record_id, r.kind, b.record_id AS related_id, r.basis, r.why,
    m."group" = o."group" AS same_group
FROM relations AS r
JOIN records AS a ON a.row = r.row
JOIN records AS b ON b.row = r.other
JOIN members AS m ON m.row = r.row
JOIN members AS o ON o.row = r.other
ORDER BY a.record_id, b.record_id;

-- fetched
SELECT r.row, p.kind, count(DISTINCT p.child_id) AS children
FROM pointers AS p
JOIN records AS r ON r.record_id = p.parent_id
WHERE p.kind <> 'subsidiary'
GROUP BY r.row, p.kind
UNION ALL
SELECT parent AS row, 'subsidiary' AS kind, count(DISTINCT row) AS children
FROM pointing
GROUP BY parent
ORDER BY row, kind;
