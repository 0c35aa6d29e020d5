-- fetched
WITH keyed AS (
    SELECT row, hash("name.tokens", "name.legal", "name.aliases", "website.value", "website.name", "phone.value", "email.value", "email.domain", "street.number", "street.tokens", "street.unit", "city.value", "region.value", "postal_code.value", "postal_code.short", "country.value", "tax_id.value", "tax_id.valid") AS key
    FROM features
    WHERE row NOT IN (SELECT row FROM origins)
), alike AS (
    SELECT f.*
    FROM features AS f
    JOIN keyed AS k ON k.row = f.row
    WHERE k.key IN (SELECT key FROM keyed GROUP BY key HAVING count(*) > 1)
), copies AS (
    SELECT f.row, g.representative
    FROM alike AS f
    JOIN (
        SELECT min(row) AS representative, "name.tokens", "name.legal", "name.aliases", "website.value", "website.name", "phone.value", "email.value", "email.domain", "street.number", "street.tokens", "street.unit", "city.value", "region.value", "postal_code.value", "postal_code.short", "country.value", "tax_id.value", "tax_id.valid"
        FROM alike
        GROUP BY "name.tokens", "name.legal", "name.aliases", "website.value", "website.name", "phone.value", "email.value", "email.domain", "street.number", "street.tokens", "street.unit", "city.value", "region.value", "postal_code.value", "postal_code.short", "country.value", "tax_id.value", "tax_id.valid"
    ) AS g ON f."name.tokens" IS NOT DISTINCT FROM g."name.tokens" AND f."name.legal" IS NOT DISTINCT FROM g."name.legal" AND f."name.aliases" IS NOT DISTINCT FROM g."name.aliases" AND f."website.value" IS NOT DISTINCT FROM g."website.value" AND f."website.name" IS NOT DISTINCT FROM g."website.name" AND f."phone.value" IS NOT DISTINCT FROM g."phone.value" AND f."email.value" IS NOT DISTINCT FROM g."email.value" AND f."email.domain" IS NOT DISTINCT FROM g."email.domain" AND f."street.number" IS NOT DISTINCT FROM g."street.number" AND f."street.tokens" IS NOT DISTINCT FROM g."street.tokens" AND f."street.unit" IS NOT DISTINCT FROM g."street.unit" AND f."city.value" IS NOT DISTINCT FROM g."city.value" AND f."region.value" IS NOT DISTINCT FROM g."region.value" AND f."postal_code.value" IS NOT DISTINCT FROM g."postal_code.value" AND f."postal_code.short" IS NOT DISTINCT FROM g."postal_code.short" AND f."country.value" IS NOT DISTINCT FROM g."country.value" AND f."tax_id.value" IS NOT DISTINCT FROM g."tax_id.value" AND f."tax_id.valid" IS NOT DISTINCT FROM g."tax_id.valid"
)
SELECT f.row, coalesce(c.representative, f.row) AS representative
FROM features AS f
LEFT JOIN copies AS c ON c.row = f.row
ORDER BY f.row;
