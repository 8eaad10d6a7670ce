-- Which rows may which role see and write?
SELECT 'pg_policy'::regclass AS classid, p.oid AS objid, 0 AS objsubid, c.oid AS relid,
    jsonb_build_object(
        'command', p.polcmd,
        'permissive', p.polpermissive,
        'roles', (SELECT jsonb_agg(name ORDER BY name COLLATE "C")
                  FROM unnest(p.polroles) AS role,
                       LATERAL (SELECT CASE role WHEN 0 THEN 'public' ELSE pg_get_userbyid(role) END) AS n (name)),
        'using', pg_get_expr(p.polqual, p.polrelid),
        'check', pg_get_expr(p.polwithcheck, p.polrelid)
    ) AS facts
FROM pg_policy AS p
JOIN pg_class AS c ON c.oid = p.polrelid
WHERE c.relnamespace IN (TABLE ours)
