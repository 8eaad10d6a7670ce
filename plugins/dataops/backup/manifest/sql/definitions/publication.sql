-- What does each publication publish?
SELECT 'pg_publication'::regclass AS classid, p.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    to_jsonb(p) - ARRAY['oid', 'pubname', 'pubowner'] AS facts
FROM pg_publication AS p
