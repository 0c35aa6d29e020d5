-- fetched ($blanks, $long)
WITH told AS (
  SELECT 
    CASE
      WHEN "c000" < '!' OR "c000" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c000", $blanks) = '' THEN NULL ELSE "c000" END
      ELSE "c000"
    END AS "c000",
    CASE
      WHEN "c001" < '!' OR "c001" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c001", $blanks) = '' THEN NULL ELSE "c001" END
      ELSE "c001"
    END AS "c001",
    CASE
      WHEN "c002" < '!' OR "c002" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c002", $blanks) = '' THEN NULL ELSE "c002" END
      ELSE "c002"
    END AS "c002",
    CASE
      WHEN "c003" < '!' OR "c003" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c003", $blanks) = '' THEN NULL ELSE "c003" END
      ELSE "c003"
    END AS "c003",
    CASE
      WHEN "c004" < '!' OR "c004" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c004", $blanks) = '' THEN NULL ELSE "c004" END
      ELSE "c004"
    END AS "c004",
    CASE
      WHEN "c005" < '!' OR "c005" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c005", $blanks) = '' THEN NULL ELSE "c005" END
      ELSE "c005"
    END AS "c005",
    CASE
      WHEN "c006" < '!' OR "c006" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c006", $blanks) = '' THEN NULL ELSE "c006" END
      ELSE "c006"
    END AS "c006",
    CASE
      WHEN "c007" < '!' OR "c007" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c007", $blanks) = '' THEN NULL ELSE "c007" END
      ELSE "c007"
    END AS "c007",
    CASE
      WHEN "c008" < '!' OR "c008" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c008", $blanks) = '' THEN NULL ELSE "c008" END
      ELSE "c008"
    END AS "c008",
    CASE
      WHEN "c009" < '!' OR "c009" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c009", $blanks) = '' THEN NULL ELSE "c009" END
      ELSE "c009"
    END AS "c009",
    CASE
      WHEN "c010" < '!' OR "c010" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c010", $blanks) = '' THEN NULL ELSE "c010" END
      ELSE "c010"
    END AS "c010",
    CASE
      WHEN "c011" < '!' OR "c011" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c011", $blanks) = '' THEN NULL ELSE "c011" END
      ELSE "c011"
    END AS "c011",
    CASE
      WHEN "c012" < '!' OR "c012" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c012", $blanks) = '' THEN NULL ELSE "c012" END
      ELSE "c012"
    END AS "c012",
    CASE
      WHEN "c013" < '!' OR "c013" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c013", $blanks) = '' THEN NULL ELSE "c013" END
      ELSE "c013"
    END AS "c013",
    CASE
      WHEN "c014" < '!' OR "c014" BETWEEN chr(160) AND chr(161)
      THEN CASE WHEN trim("c014", $blanks) = '' THEN NULL ELSE "c014" END
      ELSE "c014"
    END AS "c014"
  FROM inputs
)
SELECT 
    count("c000") AS "c000.filled",
    count(DISTINCT CASE WHEN length("c000") > $long THEN md5("c000") ELSE "c000" END)
      AS "c000.distinct",
    count("c001") AS "c001.filled",
    count(DISTINCT CASE WHEN length("c001") > $long THEN md5("c001") ELSE "c001" END)
      AS "c001.distinct",
    count("c002") AS "c002.filled",
    count(DISTINCT CASE WHEN length("c002") > $long THEN md5("c002") ELSE "c002" END)
      AS "c002.distinct",
    count("c003") AS "c003.filled",
    count(DISTINCT CASE WHEN length("c003") > $long THEN md5("c003") ELSE "c003" END)
      AS "c003.distinct",
    count("c004") AS "c004.filled",
    count(DISTINCT CASE WHEN length("c004") > $long THEN md5("c004") ELSE "c004" END)
      AS "c004.distinct",
    count("c005") AS "c005.filled",
    count(DISTINCT CASE WHEN length("c005") > $long THEN md5("c005") ELSE "c005" END)
      AS "c005.distinct",
    count("c006") AS "c006.filled",
    count(DISTINCT CASE WHEN length("c006") > $long THEN md5("c006") ELSE "c006" END)
      AS "c006.distinct",
    count("c007") AS "c007.filled",
    count(DISTINCT CASE WHEN length("c007") > $long THEN md5("c007") ELSE "c007" END)
      AS "c007.distinct",
    count("c008") AS "c008.filled",
    count(DISTINCT CASE WHEN length("c008") > $long THEN md5("c008") ELSE "c008" END)
      AS "c008.distinct",
    count("c009") AS "c009.filled",
    count(DISTINCT CASE WHEN length("c009") > $long THEN md5("c009") ELSE "c009" END)
      AS "c009.distinct",
    count("c010") AS "c010.filled",
    count(DISTINCT CASE WHEN length("c010") > $long THEN md5("c010") ELSE "c010" END)
      AS "c010.distinct",
    count("c011") AS "c011.filled",
    count(DISTINCT CASE WHEN length("c011") > $long THEN md5("c011") ELSE "c011" END)
      AS "c011.distinct",
    count("c012") AS "c012.filled",
    count(DISTINCT CASE WHEN length("c012") > $long THEN md5("c012") ELSE "c012" END)
      AS "c012.distinct",
    count("c013") AS "c013.filled",
    count(DISTINCT CASE WHEN length("c013") > $long THEN md5("c013") ELSE "c013" END)
      AS "c013.distinct",
    count("c014") AS "c014.filled",
    count(DISTINCT CASE WHEN length("c014") > $long THEN md5("c014") ELSE "c014" END)
      AS "c014.distinct"
FROM told;

-- fetched ($blanks)
WITH held AS (
  SELECT row, trim("c000", $blanks) AS value
  FROM inputs
  WHERE "c000" IS NOT NULL
)
SELECT count(*) AS others
FROM held
JOIN records USING (row)
WHERE value NOT IN ('', record_id)
  AND concat(dataset, ':', value) <> record_id
  AND NOT (
    length(record_id) >= 18
    AND length(value) = 15
    AND value = substr(record_id, length(record_id) - 17, 15)
  );
