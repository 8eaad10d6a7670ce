-- Which tablespaces does this database use?
SELECT quote_ident(t.spcname) AS identity,
    jsonb_strip_nulls(jsonb_build_object(
        'owner', pg_get_userbyid(t.spcowner), 'options', to_jsonb(t.spcoptions),
        'comment', shobj_description(t.oid, 'pg_tablespace'),
        'labels', (SELECT jsonb_object_agg(provider, label) FROM pg_shseclabel
                   WHERE classoid = 'pg_tablespace'::regclass AND objoid = t.oid),
        'grants', (
            SELECT jsonb_agg(entry ORDER BY entry) FROM (SELECT jsonb_build_array(
                pg_get_userbyid(a.grantor), CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
                a.privilege_type, a.is_grantable) AS entry
            FROM aclexplode(coalesce(t.spcacl, acldefault('t', t.spcowner))) AS a) AS entries))) AS facts
FROM pg_tablespace AS t, here
WHERE t.oid >= 16384
    AND (t.oid = here.dattablespace OR t.oid IN (SELECT reltablespace FROM pg_class))
