-- Who owns large objects, who may do what with them, and what is said about them? One row for all that are alike.
SELECT format('of %I, granted %s', pg_get_userbyid(m.lomowner), rights.grants) AS identity,
    jsonb_build_object(
        'count', count(*),
        'numbers', sum(hash_record_extended(ROW(m.oid, d.description), 0))::text) AS facts
FROM pg_largeobject_metadata AS m
LEFT JOIN pg_description AS d ON d.classoid = 'pg_largeobject'::regclass AND d.objoid = m.oid
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(entry ORDER BY entry), '[]')::text FROM (SELECT jsonb_build_array(
        pg_get_userbyid(a.grantor), CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
        a.privilege_type, a.is_grantable) AS entry
    FROM aclexplode(coalesce(m.lomacl, acldefault('L', m.lomowner))) AS a) AS entries
) AS rights (grants)
GROUP BY 1
