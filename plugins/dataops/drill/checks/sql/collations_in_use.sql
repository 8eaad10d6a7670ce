-- Which collations of columns and indexes were recorded at another version than this server has?
WITH used AS (
    SELECT attcollation AS collation FROM pg_attribute WHERE attcollation <> 0 AND NOT attisdropped
    UNION SELECT unnest(indcollation::oid[]) FROM pg_index
)
SELECT c.oid::regcollation::text, c.collversion, pg_collation_actual_version(c.oid)
FROM pg_collation AS c
JOIN used ON used.collation = c.oid
WHERE c.collversion IS DISTINCT FROM pg_collation_actual_version(c.oid) AND c.collprovider <> 'd'
ORDER BY 1
