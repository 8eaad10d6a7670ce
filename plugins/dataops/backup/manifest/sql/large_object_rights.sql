-- Who owns large objects, who may do what with them, and what is said about them? One row for all that are alike.
-- Security labels, which few have, are the seed of what is said.
SELECT format('of %I, granted %s', pg_get_userbyid(m.lomowner), rights.grants) AS identity,
    jsonb_build_object(
        'count', count(*),
        'numbers', sum(hash_record_extended(ROW(m.oid, d.description), labels.seed))::text) AS facts
FROM pg_largeobject_metadata AS m
LEFT JOIN pg_description AS d ON d.classoid = 'pg_largeobject'::regclass AND d.objoid = m.oid
LEFT JOIN (
    SELECT objoid, hashtextextended(jsonb_object_agg(provider, label)::text, 0) AS seed
    FROM pg_seclabel WHERE classoid = 'pg_largeobject'::regclass GROUP BY 1
) AS labelled ON labelled.objoid = m.oid
CROSS JOIN LATERAL (SELECT coalesce(labelled.seed, 0)) AS labels (seed)
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(entry ORDER BY entry), '[]')::text FROM (SELECT jsonb_build_array(
        pg_get_userbyid(a.grantor), CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
        a.privilege_type, a.is_grantable) AS entry
    FROM aclexplode(coalesce(m.lomacl, acldefault('L', m.lomowner))) AS a) AS entries
) AS rights (grants)
GROUP BY 1
