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

-- table junk
SELECT coalesce(b.row, p.row) AS row, CASE
    WHEN b.row IS NOT NULL THEN 'holds the blacklisted term "' || b.term || '"'
    ELSE 'is a placeholder ("' || CASE WHEN length(p.detail) > 80 THEN substr(p.detail, 1, 79) || '…' ELSE p.detail END || '")'
END AS junk
FROM blacklisted AS b
FULL JOIN (SELECT row, detail FROM flags WHERE flag = 'placeholder_name') AS p ON p.row = b.row;

-- table junk_groups
SELECT m."group", count(*) AS junk
FROM junk AS j
JOIN members AS m ON m.row = j.row
LEFT JOIN (
    SELECT row FROM judgements WHERE kind = 'disposition' AND value = 'Merge'
) AS v ON v.row = m.row AND m.row <> m."primary"
WHERE v.row IS NULL
GROUP BY m."group";

-- table oddities
SELECT f.row,
    replace(f.flag, '_', ' ')
    || CASE WHEN f.detail = '' THEN '' ELSE ': ' || CASE WHEN length(f.detail) > 80 THEN substr(f.detail, 1, 79) || '…' ELSE f.detail END END AS suspicion
FROM flags AS f
JOIN (
    SELECT row, min(flag) AS flag FROM flags
    WHERE flag NOT IN ('placeholder_name', 'several_companies')
    GROUP BY row
) AS least ON least.row = f.row AND least.flag = f.flag;

-- table elsewhere ($shortest)
WITH a AS (
    SELECT m."group", f.row, f.alias
    FROM (SELECT row, unnest("name.aliases") AS alias FROM features) AS f
    JOIN members AS m ON m.row = f.row
    WHERE length(f.alias) >= $shortest
)
SELECT DISTINCT a.row, a.alias, n."primary", a."group" AS one, n."group" AS other
FROM a
JOIN (
    SELECT f.name, min(m."group") AS "group", min(m."primary") AS "primary"
    FROM (SELECT row, array_to_string("name.tokens", ' ') AS name FROM features) AS f
    JOIN members AS m ON m.row = f.row
    WHERE f.name IN (SELECT alias FROM a)
    GROUP BY f.name
    HAVING min(m."group") = max(m."group")
) AS n ON n.name = a.alias
WHERE n."group" <> a."group";

-- table parted
SELECT DISTINCT m."group", j.number
FROM judgements AS j
JOIN members AS m ON m.row = j.row
WHERE j.kind = 'apart';

-- table unsettled
SELECT e.row, e.alias, e."primary"
FROM elsewhere AS e
LEFT JOIN (
    SELECT DISTINCT e.one, e.other
    FROM elsewhere AS e
    JOIN parted AS p ON p."group" = e.one
    JOIN parted AS q ON q."group" = e.other AND q.number = p.number
) AS settled ON settled.one = e.one AND settled.other = e.other
WHERE settled.one IS NULL;

-- table first_elsewhere
SELECT e.row, CASE WHEN length(e.alias) > 80 THEN substr(e.alias, 1, 79) || '…' ELSE e.alias END AS alias, c.called AS elsewhere
FROM unsettled AS e
JOIN (SELECT row, min(alias) AS alias FROM unsettled GROUP BY row) AS first
    ON first.row = e.row AND first.alias = e.alias
JOIN called AS c ON c.row = e."primary";

-- table kin
SELECT k.row, k.basis, k.kind, k.why, c.called AS relative
FROM (
    SELECT r.*, row_number() OVER (PARTITION BY r.row ORDER BY CASE r.basis
        WHEN 'parent id' THEN 0 WHEN 'name' THEN 1 WHEN 'place' THEN 2 WHEN 'brand' THEN 3
    END, CASE WHEN r.other = m."primary" THEN 0 ELSE 1 END, r.other) AS place
    FROM relations AS r
    JOIN members AS m ON m.row = r.row AND m.row <> m."primary"
    JOIN members AS o ON o.row = r.other AND o."group" = m."group"
) AS k
JOIN called AS c ON c.row = k.other
WHERE k.place = 1;

-- table references
SELECT row, array_to_string(list_sort(array_agg(kind || ': ' || CAST(children AS VARCHAR))), ', ')
    AS children
FROM children
GROUP BY row;

-- table unfinished
SELECT DISTINCT m."group"
FROM left_out AS l
JOIN members AS m ON m.row = l.row;

-- table compared ($field_0, $field_1, $field_2, $field_3, $field_4, $field_5, $field_6, $field_7, $field_8, $field_9)
SELECT row, concat_ws(', ', CASE WHEN likeness_0 = 'same' THEN $field_0 END, CASE WHEN likeness_1 = 'same' THEN $field_1 END, CASE WHEN likeness_2 = 'same' THEN $field_2 END, CASE WHEN likeness_3 = 'same' THEN $field_3 END, CASE WHEN likeness_4 = 'same' THEN $field_4 END, CASE WHEN likeness_5 = 'same' THEN $field_5 END, CASE WHEN likeness_6 = 'same' THEN $field_6 END, CASE WHEN likeness_7 = 'same' THEN $field_7 END, CASE WHEN likeness_8 = 'same' THEN $field_8 END, CASE WHEN likeness_9 = 'same' THEN $field_9 END) AS same, concat_ws(', ', CASE WHEN likeness_0 = 'similar' THEN $field_0 END, CASE WHEN likeness_1 = 'similar' THEN $field_1 END, CASE WHEN likeness_2 = 'similar' THEN $field_2 END, CASE WHEN likeness_3 = 'similar' THEN $field_3 END, CASE WHEN likeness_4 = 'similar' THEN $field_4 END, CASE WHEN likeness_5 = 'similar' THEN $field_5 END, CASE WHEN likeness_6 = 'similar' THEN $field_6 END, CASE WHEN likeness_7 = 'similar' THEN $field_7 END, CASE WHEN likeness_8 = 'similar' THEN $field_8 END, CASE WHEN likeness_9 = 'similar' THEN $field_9 END) AS similar, concat_ws(', ', CASE WHEN likeness_0 = 'different' THEN $field_0 END, CASE WHEN likeness_1 = 'different' THEN $field_1 END, CASE WHEN likeness_2 = 'different' THEN $field_2 END, CASE WHEN likeness_3 = 'different' THEN $field_3 END, CASE WHEN likeness_4 = 'different' THEN $field_4 END, CASE WHEN likeness_5 = 'different' THEN $field_5 END, CASE WHEN likeness_6 = 'different' THEN $field_6 END, CASE WHEN likeness_7 = 'different' THEN $field_7 END, CASE WHEN likeness_8 = 'different' THEN $field_8 END, CASE WHEN likeness_9 = 'different' THEN $field_9 END) AS different,
    ids, legal_forms, countries, strangers, CASE
        WHEN same_ids <> '' THEN same_ids
        WHEN same_domain AND same_phone THEN 'web domain and phone'
        WHEN same_legal_form THEN 'legal form'
        ELSE ''
    END AS proof
FROM (
    SELECT a.row, CASE WHEN a."name.tokens" <> b."name.tokens" THEN CASE WHEN coalesce(CASE WHEN 2 * array_length(array_intersect(a."name.tokens", b."name.tokens")) >= least(array_length(a."name.tokens"), array_length(b."name.tokens")) THEN TRUE ELSE 4 * levenshtein(array_to_string(a."name.tokens", ' '), array_to_string(b."name.tokens", ' ')) <= least(length(array_to_string(a."name.tokens", ' ')), length(array_to_string(b."name.tokens", ' '))) END, TRUE) THEN 'similar' ELSE 'different' END WHEN a."name.tokens" IS NOT DISTINCT FROM b."name.tokens" AND (a."name.tokens" IS NOT NULL) THEN 'same' END AS likeness_0, CASE WHEN a."website.value" <> b."website.value" THEN CASE WHEN coalesce(a."website.value" = b."website.value", TRUE) THEN 'similar' ELSE 'different' END WHEN a."website.value" IS NOT DISTINCT FROM b."website.value" AND (a."website.value" IS NOT NULL) THEN 'same' END AS likeness_1, CASE WHEN a."phone.value" <> b."phone.value" THEN CASE WHEN coalesce(a."phone.value" = b."phone.value", TRUE) THEN 'similar' ELSE 'different' END WHEN a."phone.value" IS NOT DISTINCT FROM b."phone.value" AND (a."phone.value" IS NOT NULL) THEN 'same' END AS likeness_2, CASE WHEN a."email.value" <> b."email.value" THEN CASE WHEN coalesce(a."email.value" = b."email.value", TRUE) THEN 'similar' ELSE 'different' END WHEN a."email.value" IS NOT DISTINCT FROM b."email.value" AND (a."email.value" IS NOT NULL) THEN 'same' END AS likeness_3, CASE WHEN a."street.tokens" <> b."street.tokens" OR a."street.number" <> b."street.number" THEN CASE WHEN coalesce(CASE WHEN 2 * array_length(array_intersect(a."street.tokens", b."street.tokens")) >= least(array_length(a."street.tokens"), array_length(b."street.tokens")) THEN TRUE ELSE 4 * levenshtein(array_to_string(a."street.tokens", ' '), array_to_string(b."street.tokens", ' ')) <= least(length(array_to_string(a."street.tokens", ' ')), length(array_to_string(b."street.tokens", ' '))) END, TRUE) AND coalesce(a."street.number" = b."street.number", TRUE) THEN 'similar' ELSE 'different' END WHEN a."street.tokens" IS NOT DISTINCT FROM b."street.tokens" AND a."street.number" IS NOT DISTINCT FROM b."street.number" AND (a."street.tokens" IS NOT NULL OR a."street.number" IS NOT NULL) THEN 'same' END AS likeness_4, CASE WHEN a."city.value" <> b."city.value" THEN CASE WHEN coalesce(4 * levenshtein(a."city.value", b."city.value") <= least(length(a."city.value"), length(b."city.value")), TRUE) THEN 'similar' ELSE 'different' END WHEN a."city.value" IS NOT DISTINCT FROM b."city.value" AND (a."city.value" IS NOT NULL) THEN 'same' END AS likeness_5, CASE WHEN a."region.value" <> b."region.value" THEN CASE WHEN coalesce(a."region.value" = b."region.value", TRUE) THEN 'similar' ELSE 'different' END WHEN a."region.value" IS NOT DISTINCT FROM b."region.value" AND (a."region.value" IS NOT NULL) THEN 'same' END AS likeness_6, CASE WHEN a."postal_code.value" <> b."postal_code.value" THEN CASE WHEN coalesce(a."postal_code.value" = b."postal_code.value", TRUE) THEN 'similar' ELSE 'different' END WHEN a."postal_code.value" IS NOT DISTINCT FROM b."postal_code.value" AND (a."postal_code.value" IS NOT NULL) THEN 'same' END AS likeness_7, CASE WHEN a."country.value" <> b."country.value" THEN CASE WHEN coalesce(a."country.value" = b."country.value", TRUE) THEN 'similar' ELSE 'different' END WHEN a."country.value" IS NOT DISTINCT FROM b."country.value" AND (a."country.value" IS NOT NULL) THEN 'same' END AS likeness_8, CASE WHEN a."tax_id.value" <> b."tax_id.value" THEN CASE WHEN coalesce(a."tax_id.value" = b."tax_id.value", TRUE) THEN 'similar' ELSE 'different' END WHEN a."tax_id.value" IS NOT DISTINCT FROM b."tax_id.value" AND (a."tax_id.value" IS NOT NULL) THEN 'same' END AS likeness_9, concat_ws(', ', $field_9 || ' ' || CASE WHEN a."tax_id.value" <> b."tax_id.value" THEN CASE WHEN length(a."tax_id.value") > 80 THEN substr(a."tax_id.value", 1, 79) || '…' ELSE a."tax_id.value" END || ' against ' || CASE WHEN length(b."tax_id.value") > 80 THEN substr(b."tax_id.value", 1, 79) || '…' ELSE b."tax_id.value" END END) AS ids, concat_ws(', ', CASE WHEN a."name.legal" <> b."name.legal" THEN CASE WHEN length(a."name.legal") > 80 THEN substr(a."name.legal", 1, 79) || '…' ELSE a."name.legal" END || ' against ' || CASE WHEN length(b."name.legal") > 80 THEN substr(b."name.legal", 1, 79) || '…' ELSE b."name.legal" END END) AS legal_forms,
        concat_ws(', ', CASE WHEN a."country.value" <> b."country.value" THEN CASE WHEN length(a."country.value") > 80 THEN substr(a."country.value", 1, 79) || '…' ELSE a."country.value" END || ' against ' || CASE WHEN length(b."country.value") > 80 THEN substr(b."country.value", 1, 79) || '…' ELSE b."country.value" END END) AS countries, concat_ws(', ', CASE WHEN a."tax_id.value" = b."tax_id.value" THEN $field_9 END) AS same_ids, ((coalesce(a."website.value" = b."website.value", FALSE)) OR (coalesce(a."email.domain" = b."email.domain", FALSE))) AS same_domain,
        (coalesce(a."phone.value" = b."phone.value", FALSE)) AS same_phone, (coalesce(a."name.legal" = b."name.legal", FALSE)) AS same_legal_form,
        CASE WHEN CASE WHEN a."name.tokens" <> b."name.tokens" THEN CASE WHEN coalesce(CASE WHEN 2 * array_length(array_intersect(a."name.tokens", b."name.tokens")) >= least(array_length(a."name.tokens"), array_length(b."name.tokens")) THEN TRUE ELSE 4 * levenshtein(array_to_string(a."name.tokens", ' '), array_to_string(b."name.tokens", ' ')) <= least(length(array_to_string(a."name.tokens", ' ')), length(array_to_string(b."name.tokens", ' '))) END, TRUE) THEN 'similar' ELSE 'different' END WHEN a."name.tokens" IS NOT DISTINCT FROM b."name.tokens" AND (a."name.tokens" IS NOT NULL) THEN 'same' END = 'different' AND NOT (coalesce(a."website.value" = b."website.value", FALSE) OR coalesce(a."phone.value" = b."phone.value", FALSE) OR coalesce(a."email.value" = b."email.value", FALSE) OR coalesce(a."email.domain" = b."email.domain", FALSE) OR coalesce(a."tax_id.value" = b."tax_id.value", FALSE)) THEN
    array_length(array_intersect(string_split(concat_ws(' ', array_to_string(a."name.tokens", ' '), array_to_string(a."name.aliases", ' ')), ' '), string_split(concat_ws(' ', array_to_string(b."name.tokens", ' '), array_to_string(b."name.aliases", ' ')), ' '))) = 0
    AND array_length(list_filter(string_split(concat_ws(' ', array_to_string(a."name.tokens", ' '), array_to_string(a."name.aliases", ' ')), ' '), lambda w: length(w) >= 4 AND strpos(array_to_string(string_split(concat_ws(' ', array_to_string(b."name.tokens", ' '), array_to_string(b."name.aliases", ' ')), ' '), ''), w) > 0)) = 0
    AND array_length(list_filter(string_split(concat_ws(' ', array_to_string(b."name.tokens", ' '), array_to_string(b."name.aliases", ' ')), ' '), lambda w: length(w) >= 4 AND strpos(array_to_string(string_split(concat_ws(' ', array_to_string(a."name.tokens", ' '), array_to_string(a."name.aliases", ' ')), ' '), ''), w) > 0)) = 0
    AND NOT ((array_length(a."name.tokens") = 1 AND length(array_to_string(a."name.tokens", '')) > 2
    AND levenshtein(array_to_string(list_transform(b."name.tokens", lambda w: substr(w, 1, 1)), ''), array_to_string(a."name.tokens", '')) <= 1) OR (array_length(b."name.tokens") = 1 AND length(array_to_string(b."name.tokens", '')) > 2
    AND levenshtein(array_to_string(list_transform(a."name.tokens", lambda w: substr(w, 1, 1)), ''), array_to_string(b."name.tokens", '')) <= 1))
    AND 2 * levenshtein(array_to_string(a."name.tokens", ''), array_to_string(b."name.tokens", ''))
        > greatest(length(array_to_string(a."name.tokens", '')), length(array_to_string(b."name.tokens", '')))
ELSE FALSE END AS strangers
    FROM ours AS a
    JOIN theirs AS b ON b.row = a.row
) AS duplicates;

-- fetched ($after, $auto, $first, $max_group, $separate, $unchecked)
SELECT d.row, l.disposition, l.name AS rule, CASE d.rule WHEN 0 THEN 'Keep: ' || detail_decided WHEN 1 THEN 'Merge into ' || detail_primary || ': ' || detail_decided WHEN 2 THEN 'To be merged (' || detail_decided || '), but it is itself the record that is kept' WHEN 3 THEN 'To be deleted (' || detail_decided || '), but its group of ' || detail_size || ' records would be merged into it' WHEN 4 THEN 'Delete: ' || detail_decided WHEN 5 THEN 'To be verified: ' || detail_decided WHEN 6 THEN 'To be verified: ' || detail_decided WHEN 7 THEN 'Merge into ' || detail_primary || ': ' || detail_decided WHEN 8 THEN 'The name ' || detail_junk || ', but other records refer to this one (' || detail_children || '): move them or correct the name' WHEN 9 THEN 'The name ' || detail_junk || ', and no record of this export needs this one; whether contacts or others do is not known (--children)' WHEN 10 THEN 'The name ' || detail_junk || ', but not all records that may be the same company were compared, since the run''s time was short' WHEN 11 THEN 'The name ' || detail_junk || ', and no record of this export or the child exports needs this one' WHEN 12 THEN 'The name ' || detail_junk || ', but its group of ' || detail_size || ' records would be merged into this one: correct the name or choose another primary' WHEN 13 THEN 'The name ' || detail_junk || ', but the record is one of a group of ' || detail_size || ' whose primary is ' || detail_primary WHEN 14 THEN 'Holds several companies (' || detail_several || '), one of which may be ' || detail_primary WHEN 15 THEN 'Holds several companies (' || detail_several || '): split it or keep it as it is' WHEN 16 THEN 'Is ' || detail_relation || ' of ' || detail_relative || ' (' || detail_why || '), so related and not the same: ' || detail_alike || '; weakest link ' || detail_probability WHEN 17 THEN 'Seems to be ' || detail_relation || ' of ' || detail_relative || ' (' || detail_why || '), so related and not the same: ' || detail_alike || '; weakest link ' || detail_probability WHEN 18 THEN 'Seems to be a branch at another place than ' || detail_relative || ': ' || detail_alike || '; weakest link ' || detail_probability WHEN 19 THEN 'Is also called "' || detail_alias || '", which is the name of ' || detail_elsewhere || ' in another group' WHEN 20 THEN 'Matches ' || detail_primary || ', but the names share nothing, and no id, phone, web site or mail address is the same: ' || detail_alike || '; weakest link ' || detail_probability WHEN 21 THEN 'Only ' || detail_probability || ' sure to be ' || detail_primary || ': ' || detail_alike WHEN 22 THEN 'Matches ' || detail_primary || ', but identifiers differ (' || detail_ids || '): ' || detail_alike || '; weakest link ' || detail_probability WHEN 23 THEN 'Matches ' || detail_primary || ', but legal forms differ (' || detail_legal_forms || '): ' || detail_alike || '; weakest link ' || detail_probability WHEN 24 THEN 'Matches ' || detail_primary || ', but countries differ (' || detail_countries || '): ' || detail_alike || '; weakest link ' || detail_probability WHEN 25 THEN 'Matches ' || detail_primary || ', whose name must be settled first: ' || detail_alike || '; weakest link ' || detail_probability WHEN 26 THEN 'Matches ' || detail_primary || ', in a group of ' || detail_size || ', more than are merged unseen: ' || detail_alike || '; weakest link ' || detail_probability WHEN 27 THEN 'No other record is taken for the same, and something is odd: ' || detail_suspicion WHEN 28 THEN 'Matches ' || detail_primary || ', but not all records that may be the same company were compared, since the run''s time was short: ' || detail_alike || '; weakest link ' || detail_probability WHEN 29 THEN 'Not all records that may be the same company were compared, since the run''s time was short' WHEN 30 THEN 'Primary of ' || detail_size || ' records (' || detail_criterion || ')' WHEN 31 THEN 'Merge into ' || detail_primary || ': legal forms differ (' || detail_legal_forms || '), but agreement on ' || detail_proof || ' settles it; ' || detail_alike || '; weakest link ' || detail_probability WHEN 32 THEN 'Merge into ' || detail_primary || ': ' || detail_alike || '; weakest link ' || detail_probability WHEN 33 THEN 'No other record is taken for the same' END AS reason,
    l.proposed AS proposed_disposition
FROM (SELECT *, CASE WHEN fact_decided_keep THEN 0 WHEN fact_decided_merge AND fact_duplicate THEN 1 WHEN fact_decided_merge THEN 2 WHEN fact_decided_delete AND fact_primary THEN 3 WHEN fact_decided_delete THEN 4 WHEN fact_decided_verify AND fact_duplicate THEN 5 WHEN fact_decided_verify THEN 6 WHEN fact_settled THEN 7 WHEN fact_junk AND fact_all_junk AND fact_referred THEN 8 WHEN fact_junk AND fact_all_junk AND fact_unchecked THEN 9 WHEN fact_junk AND fact_all_junk AND fact_unfinished THEN 10 WHEN fact_junk AND fact_all_junk THEN 11 WHEN fact_junk AND fact_needed THEN 12 WHEN fact_junk THEN 13 WHEN fact_several_companies AND fact_duplicate THEN 14 WHEN fact_several_companies THEN 15 WHEN fact_hierarchy THEN 16 WHEN fact_name_of_relative THEN 17 WHEN fact_elsewhere THEN 18 WHEN fact_alias_elsewhere THEN 19 WHEN fact_names_differ THEN 20 WHEN fact_weak THEN 21 WHEN fact_ids_differ THEN 22 WHEN fact_legal_forms_differ THEN 23 WHEN fact_countries_differ THEN 24 WHEN fact_primary_is_junk THEN 25 WHEN fact_large_group AND fact_duplicate THEN 26 WHEN fact_suspicious AND fact_alone THEN 27 WHEN fact_unfinished AND fact_duplicate THEN 28 WHEN fact_unfinished THEN 29 WHEN fact_primary THEN 30 WHEN fact_legal_forms_settled AND fact_duplicate THEN 31 WHEN fact_duplicate THEN 32 ELSE 33 END AS rule FROM (
SELECT
    m.row,
    coalesce(v.value = 'Keep', FALSE) AS fact_decided_keep,
    coalesce(v.value = 'Merge', FALSE) AS fact_decided_merge,
    coalesce(v.value = 'Delete', FALSE) AS fact_decided_delete,
    coalesce(v.value = 'Verify', FALSE) AS fact_decided_verify,
    m.row <> m."primary" AND m.weight IS NULL AND pj.row IS NULL AS fact_settled,
    j.row IS NOT NULL AS fact_junk,
    m.size = 1 AS fact_alone,
    coalesce(g.junk, 0) = m.size AS fact_all_junk,
    m.size > 1 AND m.row = m."primary" AS fact_primary,
    m.row <> m."primary" AS fact_duplicate,
    m.size > 1 AND m.row = m."primary" AND coalesce(g.junk, 0) < m.size AS fact_needed,
    s.row IS NOT NULL AS fact_several_companies,
    e.row IS NOT NULL AS fact_alias_elsewhere,
    coalesce(m.probability < $auto, FALSE) AS fact_weak,
    (m.conflicts & 1) <> 0 AS fact_ids_differ,
    (m.conflicts & 2) <> 0 AND coalesce(d.proof, '') = ''
        AS fact_legal_forms_differ,
    (m.conflicts & 2) <> 0 AND coalesce(d.proof, '') <> ''
        AS fact_legal_forms_settled,
    (m.conflicts & 4) <> 0 AS fact_countries_differ,
    m.row <> m."primary" AND pj.row IS NOT NULL AS fact_primary_is_junk,
    o.row IS NOT NULL AS fact_suspicious,
    u."group" IS NOT NULL AS fact_unfinished,
    coalesce(v.said, h.said, '') AS detail_decided,
    $unchecked AS fact_unchecked,
    ch.row IS NOT NULL AS fact_referred,
    coalesce(k.basis = 'parent id', FALSE) AS fact_hierarchy,
    coalesce(k.basis = 'name' AND (k.kind <> 'branch' OR $separate), FALSE)
        AS fact_name_of_relative,
    coalesce(k.basis = 'place' AND $separate, FALSE) AS fact_elsewhere,
    coalesce(d.strangers, FALSE) AS fact_names_differ,
    m.size > $max_group AS fact_large_group,
    j.junk AS detail_junk,
    CAST(m.size AS VARCHAR) AS detail_size,
    CASE WHEN length(s.detail) > 80 THEN substr(s.detail, 1, 79) || '…' ELSE s.detail END AS detail_several,
    e.alias AS detail_alias,
    e.elsewhere AS detail_elsewhere,
    c.called AS detail_primary,
    m.criterion AS detail_criterion,
    CAST(m.probability // 10000 AS VARCHAR) || '.'
        || CAST((m.probability // 1000) % 10 AS VARCHAR) || ' %' AS detail_probability,
    CASE
        WHEN d.same = '' AND d.similar = '' AND d.different = ''
        THEN 'no compared field is filled in both'
        ELSE concat_ws(
            '; ',
            'same ' || nullif(d.same, ''),
            'similar ' || nullif(d.similar, ''),
            'different ' || nullif(d.different, '')
        )
    END AS detail_alike,
    CASE WHEN d.ids = '' THEN 'between records that link them' ELSE d.ids END AS detail_ids,
    CASE WHEN d.legal_forms = '' THEN 'between records that link them' ELSE d.legal_forms END
        AS detail_legal_forms,
    CASE WHEN d.countries = '' THEN 'between records that link them' ELSE d.countries END
        AS detail_countries,
    o.suspicion AS detail_suspicion,
    ch.children AS detail_children,
    CASE k.kind WHEN 'parent' THEN 'the parent' ELSE 'a ' || k.kind END AS detail_relation,
    k.relative AS detail_relative,
    k.why AS detail_why,
    d.proof AS detail_proof
FROM members AS m
JOIN called AS c ON c.row = m."primary"
LEFT JOIN compared AS d ON d.row = m.row
LEFT JOIN (
    SELECT row, value, said FROM judgements WHERE kind = 'disposition'
) AS v ON v.row = m.row
LEFT JOIN (SELECT row, said FROM judgements WHERE kind = 'same') AS h ON h.row = m.row
LEFT JOIN junk AS j ON j.row = m.row
LEFT JOIN junk AS pj ON pj.row = m."primary"
LEFT JOIN junk_groups AS g ON g."group" = m."group"
LEFT JOIN (SELECT row, detail FROM flags WHERE flag = 'several_companies') AS s ON s.row = m.row
LEFT JOIN first_elsewhere AS e ON e.row = m.row
LEFT JOIN oddities AS o ON o.row = m.row
LEFT JOIN unfinished AS u ON u."group" = m."group"
LEFT JOIN "references" AS ch ON ch.row = m.row
LEFT JOIN kin AS k ON k.row = m.row
WHERE m.row >= $first AND m.row < $after
) AS facts) AS d
JOIN labels AS l ON l.rule = d.rule
ORDER BY d.row;
