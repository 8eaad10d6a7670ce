-- Who owns this database, who may do what with it, and how many at once?
SELECT 'database' AS identity,
    jsonb_strip_nulls(jsonb_build_object(
        'owner', pg_get_userbyid(datdba), 'connection_limit', datconnlimit, 'template', datistemplate,
        'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = dattablespace),
        'comment', shobj_description(oid, 'pg_database'),
        'grants', (
            SELECT jsonb_agg(entry ORDER BY entry) FROM (SELECT jsonb_build_array(
                pg_get_userbyid(a.grantor), CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END,
                a.privilege_type, a.is_grantable) AS entry
            FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) AS a) AS entries),
        'labels', (SELECT jsonb_object_agg(provider, label) FROM pg_shseclabel
                   WHERE classoid = 'pg_database'::regclass AND objoid = here.oid))) AS facts
FROM here
