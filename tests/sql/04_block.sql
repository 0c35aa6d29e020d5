-- table compared
SELECT f.*
FROM features AS f
JOIN (SELECT DISTINCT representative FROM distinct_records) AS d ON d.representative = f.row;

-- fetched
SELECT count(*) AS n FROM compared;

-- table near_0 ($most)
WITH words AS (
    SELECT k.key AS word, count(*) AS times
    FROM (SELECT row, unnest("name.tokens") AS key FROM compared) AS k
    WHERE length(k.key) BETWEEN 5 AND 30
    GROUP BY k.key
    HAVING count(*) < $most
), forms AS (
    SELECT word, times, word AS form FROM words
    UNION ALL
    SELECT word, times, left(word, i::INTEGER - 1) || substr(word, i::INTEGER + 1) AS form
    FROM (SELECT word, times, unnest(range(1, length(word) + 1)) AS i FROM words)
)
SELECT DISTINCT a.word AS a, b.word AS b
FROM forms AS a
JOIN forms AS b ON a.form = b.form AND a.word < b.word
WHERE a.times + b.times <= $most AND damerau_levenshtein(a.word, b.word) = 1;

-- table near_11 ($most)
WITH words AS (
    SELECT k.key AS word, count(*) AS times
    FROM (SELECT row, "city.value" AS key FROM compared WHERE "city.value" IS NOT NULL) AS k
    WHERE length(k.key) BETWEEN 5 AND 30
    GROUP BY k.key
    HAVING count(*) < $most
), forms AS (
    SELECT word, times, word AS form FROM words
    UNION ALL
    SELECT word, times, left(word, i::INTEGER - 1) || substr(word, i::INTEGER + 1) AS form
    FROM (SELECT word, times, unnest(range(1, length(word) + 1)) AS i FROM words)
)
SELECT DISTINCT a.word AS a, b.word AS b
FROM forms AS a
JOIN forms AS b ON a.form = b.form AND a.word < b.word
WHERE a.times + b.times <= $most AND damerau_levenshtein(a.word, b.word) = 1;

-- table atoms
SELECT row, atom, bit_or(bits) AS bits, bool_or(solo) AS solo
FROM (SELECT 0 AS row, hash('') AS atom, 0 AS bits, false AS solo WHERE false UNION ALL 
SELECT k.row, hash('word:name', k.key) AS atom, 1::INTEGER AS bits, true AS solo
FROM (SELECT row, unnest("name.tokens") AS key FROM compared) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('glued', k.key) AS atom, 1::INTEGER AS bits, true AS solo
FROM (SELECT row, array_to_string("name.tokens", '') AS key FROM compared WHERE len("name.tokens") > 0) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('word:name', k.key) AS atom, 1::INTEGER AS bits, true AS solo
FROM (SELECT row, unnest(string_split(alias, ' ')) AS key FROM (SELECT row, unnest("name.aliases") AS alias FROM compared)) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('glued', k.key) AS atom, 1::INTEGER AS bits, true AS solo
FROM (SELECT row, replace(unnest("name.aliases"), ' ', '') AS key FROM compared) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('web', k.key) AS atom, 2::INTEGER AS bits, true AS solo
FROM (SELECT row, "website.value" AS key FROM compared WHERE "website.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('glued', k.key) AS atom, 2::INTEGER AS bits, true AS solo
FROM (SELECT row, "website.name" AS key FROM compared WHERE "website.name" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:phone', k.key) AS atom, 4::INTEGER AS bits, true AS solo
FROM (SELECT row, right("phone.value", 7) AS key FROM compared WHERE length("phone.value") >= 7) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:email', k.key) AS atom, 8::INTEGER AS bits, true AS solo
FROM (SELECT row, "email.value" AS key FROM compared WHERE "email.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('web', k.key) AS atom, 8::INTEGER AS bits, true AS solo
FROM (SELECT row, "email.domain" AS key FROM compared WHERE "email.domain" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('street:street', k.key) AS atom, 16::INTEGER AS bits, true AS solo
FROM (SELECT row, "street.number" || ' ' || "street.tokens"[1] AS key FROM compared WHERE "street.number" IS NOT NULL AND len("street.tokens") > 0) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:street', k.key) AS atom, 16::INTEGER AS bits, false AS solo
FROM (SELECT row, "street.number" AS key FROM compared WHERE "street.number" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:city', k.key) AS atom, 32::INTEGER AS bits, false AS solo
FROM (SELECT row, "city.value" AS key FROM compared WHERE "city.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('prefix:city', k.key) AS atom, 32::INTEGER AS bits, false AS solo
FROM (SELECT row, left("city.value", 4) AS key FROM compared WHERE length("city.value") > 4) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:region', k.key) AS atom, 64::INTEGER AS bits, false AS solo
FROM (SELECT row, "region.value" AS key FROM compared WHERE "region.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:postal_code', k.key) AS atom, 128::INTEGER AS bits, false AS solo
FROM (SELECT row, "postal_code.value" AS key FROM compared WHERE "postal_code.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:postal_code', k.key) AS atom, 128::INTEGER AS bits, false AS solo
FROM (SELECT row, "postal_code.short" AS key FROM compared WHERE "postal_code.short" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:country', k.key) AS atom, 256::INTEGER AS bits, false AS solo
FROM (SELECT row, "country.value" AS key FROM compared WHERE "country.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:tax_id', k.key) AS atom, 512::INTEGER AS bits, true AS solo
FROM (SELECT row, "tax_id.value" AS key FROM compared WHERE "tax_id.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('near:name', n.a, n.b) AS atom, 1::INTEGER AS bits, true AS solo
FROM (SELECT row, unnest("name.tokens") AS key FROM compared) AS k
JOIN (
    SELECT a, b, a AS word FROM near_0
    UNION ALL
    SELECT a, b, b AS word FROM near_0
) AS n ON n.word = k.key
 UNION ALL 
SELECT k.row, hash('near:city', n.a, n.b) AS atom, 32::INTEGER AS bits, false AS solo
FROM (SELECT row, "city.value" AS key FROM compared WHERE "city.value" IS NOT NULL) AS k
JOIN (
    SELECT a, b, a AS word FROM near_11
    UNION ALL
    SELECT a, b, b AS word FROM near_11
) AS n ON n.word = k.key
)
GROUP BY row, atom;

-- table one ($largest, $tiny)
SELECT m.row, m.atom, m.bits, c.size, m.solo OR c.size <= $tiny AS solo
FROM atoms AS m
JOIN (
    SELECT atom, count(*) AS size
    FROM atoms
    GROUP BY atom
    HAVING count(*) BETWEEN 2 AND $largest
) AS c ON c.atom = m.atom;

-- fetched ($budget)
SELECT coalesce(max(size), 1)::BIGINT AS cap
FROM (
    SELECT size, sum(pairs) OVER (ORDER BY size) AS spent
    FROM (
        SELECT size, sum(size - 1) / 2.0 AS pairs
        FROM one
        WHERE solo
        GROUP BY size
    )
)
WHERE spent <= $budget;

-- table lost_one ($cap, $full)
SELECT DISTINCT row FROM one WHERE solo AND size > $cap AND size <= $full;

-- table pairs_one ($cap)
SELECT
    a.row AS l,
    b.row AS r,
    CASE WHEN a.bits & b.bits = 0 THEN a.bits | b.bits ELSE a.bits & b.bits END AS bits
FROM one AS a
JOIN one AS b ON a.atom = b.atom AND a.row < b.row
WHERE a.solo AND b.solo AND a.size <= $cap AND b.size <= $cap;

-- table large_one ($cap, $full, $most)
SELECT row, atom, bits
FROM one
WHERE size > $cap OR NOT solo
QUALIFY row_number() OVER (PARTITION BY row ORDER BY solo AND size <= $full, size, atom) <= $most;

-- table blocks ($tiny)
SELECT atom, bit_or(bits) AS bits, count(*) AS size
FROM atoms
GROUP BY atom
HAVING count(*) > 1 AND (bool_or(solo) OR count(*) <= $tiny);

-- table capped ($cap)
SELECT row, atom FROM atoms WHERE atom IN (SELECT atom FROM blocks WHERE size > $cap);

-- table pairs_collapsed
SELECT representative AS l, representative AS r, 0 AS bits
FROM distinct_records
GROUP BY representative
HAVING count(*) > 1;

-- table strong ($cap)
SELECT m.row, m.atom, m.bits, t.text
FROM atoms AS m
JOIN (
    SELECT atom
    FROM atoms
    WHERE atom IN (SELECT atom FROM (
SELECT k.row, hash('glued', k.key) AS atom, 1::INTEGER AS bits, true AS solo
FROM (SELECT row, array_to_string("name.tokens", '') AS key FROM compared WHERE len("name.tokens") > 0) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('glued', k.key) AS atom, 1::INTEGER AS bits, true AS solo
FROM (SELECT row, replace(unnest("name.aliases"), ' ', '') AS key FROM compared) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('web', k.key) AS atom, 2::INTEGER AS bits, true AS solo
FROM (SELECT row, "website.value" AS key FROM compared WHERE "website.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:phone', k.key) AS atom, 4::INTEGER AS bits, true AS solo
FROM (SELECT row, right("phone.value", 7) AS key FROM compared WHERE length("phone.value") >= 7) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:email', k.key) AS atom, 8::INTEGER AS bits, true AS solo
FROM (SELECT row, "email.value" AS key FROM compared WHERE "email.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
 UNION ALL 
SELECT k.row, hash('value:tax_id', k.key) AS atom, 512::INTEGER AS bits, true AS solo
FROM (SELECT row, "tax_id.value" AS key FROM compared WHERE "tax_id.value" IS NOT NULL) AS k
WHERE k.key IS NOT NULL AND k.key <> ''
))
    GROUP BY atom
    HAVING count(*) > $cap
) AS s ON s.atom = m.atom
JOIN (SELECT row, concat_ws(' ', "name.tokens"::VARCHAR, "name.legal"::VARCHAR, "name.aliases"::VARCHAR, "website.value"::VARCHAR, "website.name"::VARCHAR, "phone.value"::VARCHAR, "email.value"::VARCHAR, "email.domain"::VARCHAR, "street.number"::VARCHAR, "street.tokens"::VARCHAR, "street.unit"::VARCHAR, "city.value"::VARCHAR, "region.value"::VARCHAR, "postal_code.value"::VARCHAR, "postal_code.short"::VARCHAR, "country.value"::VARCHAR, "tax_id.value"::VARCHAR, "tax_id.valid"::VARCHAR) AS text FROM compared) AS t ON t.row = m.row;

-- table pairs_strong
SELECT least(row, other) AS l, greatest(row, other) AS r, bits
FROM (
    SELECT row, bits, lead(row, 1) OVER (PARTITION BY atom ORDER BY text, row) AS other
    FROM strong
)
WHERE other IS NOT NULL
 UNION ALL 
SELECT least(row, other) AS l, greatest(row, other) AS r, bits
FROM (
    SELECT row, bits, lead(row, 2) OVER (PARTITION BY atom ORDER BY text, row) AS other
    FROM strong
)
WHERE other IS NOT NULL
 UNION ALL 
SELECT least(row, other) AS l, greatest(row, other) AS r, bits
FROM (
    SELECT row, bits, lead(row, 3) OVER (PARTITION BY atom ORDER BY text, row) AS other
    FROM strong
)
WHERE other IS NOT NULL
 UNION ALL 
SELECT least(row, other) AS l, greatest(row, other) AS r, bits
FROM (
    SELECT row, bits, lead(row, 4) OVER (PARTITION BY atom ORDER BY text, row) AS other
    FROM strong
)
WHERE other IS NOT NULL
 UNION ALL 
SELECT least(row, other) AS l, greatest(row, other) AS r, bits
FROM (
    SELECT row, bits, lead(row, 5) OVER (PARTITION BY atom ORDER BY text, row) AS other
    FROM strong
)
WHERE other IS NOT NULL
 UNION ALL 
SELECT least(row, other) AS l, greatest(row, other) AS r, bits
FROM (
    SELECT row, bits, lead(row, 6) OVER (PARTITION BY atom ORDER BY text, row) AS other
    FROM strong
)
WHERE other IS NOT NULL;

-- table crossed
SELECT a.row, hash(a.atom, b.atom) AS atom, a.bits | b.bits AS bits, true AS solo
FROM large_one AS a
JOIN large_one AS b ON a.row = b.row AND a.atom < b.atom;

-- table two ($largest, $tiny)
SELECT m.row, m.atom, m.bits, c.size, m.solo OR c.size <= $tiny AS solo
FROM crossed AS m
JOIN (
    SELECT atom, count(*) AS size
    FROM crossed
    GROUP BY atom
    HAVING count(*) BETWEEN 2 AND $largest
) AS c ON c.atom = m.atom;

-- fetched ($budget)
SELECT coalesce(max(size), 1)::BIGINT AS cap
FROM (
    SELECT size, sum(pairs) OVER (ORDER BY size) AS spent
    FROM (
        SELECT size, sum(size - 1) / 2.0 AS pairs
        FROM two
        WHERE solo
        GROUP BY size
    )
)
WHERE spent <= $budget;

-- table lost_two ($cap, $full)
SELECT DISTINCT row FROM two WHERE solo AND size > $cap AND size <= $full;

-- table pairs_two ($cap)
SELECT
    a.row AS l,
    b.row AS r,
    CASE WHEN a.bits & b.bits = 0 THEN a.bits | b.bits ELSE a.bits & b.bits END AS bits
FROM two AS a
JOIN two AS b ON a.atom = b.atom AND a.row < b.row
WHERE a.solo AND b.solo AND a.size <= $cap AND b.size <= $cap;

-- table large_two ($cap, $full, $most)
SELECT row, atom, bits
FROM two
WHERE size > $cap OR NOT solo
QUALIFY row_number() OVER (PARTITION BY row ORDER BY solo AND size <= $full, size, atom) <= $most;

-- table crossed
SELECT ab.row, hash(ab.a, ab.b, c.atom) AS atom, ab.bits | c.bits AS bits, true AS solo
FROM (
    SELECT a.row, a.atom AS a, b.atom AS b, a.bits | b.bits AS bits
    FROM large_one AS a
    JOIN large_one AS b ON a.row = b.row AND a.atom < b.atom
    JOIN large_two AS ab ON ab.row = a.row AND ab.atom = hash(a.atom, b.atom)
) AS ab
JOIN large_one AS c ON c.row = ab.row AND c.atom > ab.b;

-- table three ($largest, $tiny)
SELECT m.row, m.atom, m.bits, c.size, m.solo OR c.size <= $tiny AS solo
FROM crossed AS m
JOIN (
    SELECT atom, count(*) AS size
    FROM crossed
    GROUP BY atom
    HAVING count(*) BETWEEN 2 AND $largest
) AS c ON c.atom = m.atom;

-- fetched ($budget)
SELECT coalesce(max(size), 1)::BIGINT AS cap
FROM (
    SELECT size, sum(pairs) OVER (ORDER BY size) AS spent
    FROM (
        SELECT size, sum(size - 1) / 2.0 AS pairs
        FROM three
        WHERE solo
        GROUP BY size
    )
)
WHERE spent <= $budget;

-- table lost_three ($cap, $full)
SELECT DISTINCT row FROM three WHERE solo AND size > $cap AND size <= $full;

-- table pairs_three ($cap)
SELECT
    a.row AS l,
    b.row AS r,
    CASE WHEN a.bits & b.bits = 0 THEN a.bits | b.bits ELSE a.bits & b.bits END AS bits
FROM three AS a
JOIN three AS b ON a.atom = b.atom AND a.row < b.row
WHERE a.solo AND b.solo AND a.size <= $cap AND b.size <= $cap;

-- fetched ($after, $first)
SELECT l, r, bit_or(bits)::INTEGER AS keys
FROM (SELECT l, r, bits FROM pairs_collapsed UNION ALL SELECT l, r, bits FROM pairs_strong UNION ALL SELECT l, r, bits FROM pairs_one UNION ALL SELECT l, r, bits FROM pairs_two UNION ALL SELECT l, r, bits FROM pairs_three) AS parts
LEFT JOIN origins AS a ON a.row = parts.l
LEFT JOIN origins AS b ON b.row = parts.r
WHERE l >= $first
    AND l < $after
    AND (a.origin IS NULL OR b.origin IS NULL OR a.origin <> b.origin)
GROUP BY l, r
ORDER BY l, r;

-- table spent ($cap, $kinds, $step)
WITH regained AS (
    SELECT a.atom, $step * count(*) AS pairs
    FROM sampled AS c
    JOIN capped AS a ON a.row = c.l
    JOIN capped AS b ON b.row = c.r AND b.atom = a.atom
    WHERE c.l < c.r
    GROUP BY a.atom
)
SELECT
    kinds.key,
    count(*) FILTER (WHERE blocks.size <= $cap) AS blocks,
    count(*) FILTER (WHERE blocks.size > $cap) AS capped_blocks,
    sum(blocks.size * (blocks.size - 1) // 2) FILTER (WHERE blocks.size > $cap) AS capped_pairs,
    sum(regained.pairs) AS regained_pairs
FROM (SELECT unnest(range(0, $kinds))::INTEGER AS key) AS kinds
JOIN blocks ON blocks.bits & (1 << kinds.key) <> 0
LEFT JOIN regained ON regained.atom = blocks.atom
GROUP BY kinds.key;

-- fetched ($cap, $names)
WITH kinds AS (
    SELECT unnest(range(0, len($names)))::INTEGER AS key, unnest($names) AS name
), shown AS (
    SELECT keys, count(*) AS pairs FROM candidates GROUP BY keys
), found AS (
    SELECT
        kinds.key,
        sum(shown.pairs) FILTER (WHERE shown.keys & (1 << kinds.key) <> 0) AS pairs,
        sum(shown.pairs) FILTER (WHERE shown.keys = 1 << kinds.key) AS alone,
        sum(shown.pairs * 1000 // greatest(bit_count(shown.keys), 1))
            FILTER (WHERE shown.keys & (1 << kinds.key) <> 0) // 1000 AS cost
    FROM kinds CROSS JOIN shown
    GROUP BY kinds.key
)
SELECT
    kinds.key,
    kinds.name,
    coalesce(spent.blocks, 0)::BIGINT AS blocks,
    coalesce(found.pairs, 0)::BIGINT AS pairs,
    coalesce(found.alone, 0)::BIGINT AS alone,
    coalesce(found.cost, 0)::BIGINT AS cost,
    coalesce(spent.capped_blocks, 0)::BIGINT AS capped_blocks,
    coalesce(spent.capped_pairs, 0)::BIGINT AS capped_pairs,
    greatest(coalesce(spent.capped_pairs, 0) - coalesce(spent.regained_pairs, 0), 0)::BIGINT
        AS lost_pairs,
    $cap::BIGINT AS cap
FROM kinds
LEFT JOIN found ON found.key = kinds.key
LEFT JOIN spent ON spent.key = kinds.key
ORDER BY kinds.key;

-- fetched
SELECT row FROM distinct_records WHERE representative IN (SELECT row FROM (SELECT row FROM lost_one UNION ALL SELECT row FROM lost_two UNION ALL SELECT row FROM lost_three) AS parts)
ORDER BY row;
