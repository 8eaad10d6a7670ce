-- What may each role do?
SELECT quote_ident(r.rolname) AS identity,
    jsonb_strip_nulls(jsonb_build_object(
        'superuser', r.rolsuper, 'inherit', r.rolinherit, 'create_role', r.rolcreaterole,
        'create_database', r.rolcreatedb, 'login', r.rolcanlogin, 'replication', r.rolreplication,
        'bypass_row_security', r.rolbypassrls, 'connection_limit', r.rolconnlimit,
        'valid_until', r.rolvaliduntil, 'comment', shobj_description(r.oid, 'pg_authid'),
        'labels', (SELECT jsonb_object_agg(provider, label) FROM pg_shseclabel
                   WHERE classoid = 'pg_authid'::regclass AND objoid = r.oid))) AS facts
FROM pg_roles AS r
WHERE r.oid IN (TABLE matter)
