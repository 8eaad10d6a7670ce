-- As whom does each role log in to foreign servers?
SELECT 'pg_user_mapping'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object('secrets', jsonb_build_object(
        'options', (SELECT jsonb_agg(o ORDER BY o COLLATE "C") FROM unnest(umoptions) AS o))) AS facts
FROM pg_user_mapping
