-- As whom does each role log in to foreign servers? A dump carries what the view pg_user_mappings shows.
SELECT 'pg_user_mapping'::regclass AS classid, m.umid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'secrets', jsonb_build_object(
            'options', (SELECT jsonb_agg(o ORDER BY o COLLATE "C") FROM unnest(m.umoptions) AS o)),
        'hidden', CASE
            WHEN m.umoptions IS NULL AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
            THEN 'pg_dump sees their options only as superuser or as owner of the foreign server' END) AS facts
FROM pg_user_mappings AS m
