-- What does the server hold that belongs to no single database, or is seen from any?
SELECT jsonb_build_object(
    'in_recovery', pg_is_in_recovery(),
    'bytes', (
        SELECT sum(pg_database_size(oid))::bigint FROM pg_database
        WHERE has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')),
    'databases', (
        SELECT coalesce(jsonb_agg(datname ORDER BY datname), '[]')
        FROM pg_database WHERE datallowconn AND NOT datistemplate),
    'slots', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'name', slot_name, 'kind', slot_type, 'database', coalesce(database::text, ''),
            'plugin', coalesce(plugin::text, ''), 'active', active,
            'failover', coalesce((to_jsonb(s) ->> 'failover')::boolean, false),
            'holds', CASE WHEN restart_lsn IS NULL THEN NULL ELSE pg_wal_lsn_diff(restart_lsn, '0/0')::bigint END,
            'status', coalesce(wal_status, '')) ORDER BY slot_name), '[]')
        FROM pg_replication_slots s WHERE NOT temporary),
    'prepared', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('gid', gid, 'database', database) ORDER BY gid), '[]')
        FROM pg_prepared_xacts),
    'roles', (
        SELECT coalesce(jsonb_object_agg(rolname, concat_ws(' ',
            CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolinherit THEN 'inherit' END,
            CASE WHEN rolcreaterole THEN 'createrole' END, CASE WHEN rolcreatedb THEN 'createdb' END,
            CASE WHEN rolcanlogin THEN 'login' END, CASE WHEN rolreplication THEN 'replication' END,
            CASE WHEN rolbypassrls THEN 'bypassrls' END, 'limit ' || rolconnlimit,
            'until ' || rolvaliduntil,
            'member of ' || (SELECT string_agg(pg_get_userbyid(m.roleid)::text, ', ' ORDER BY 1)
                             FROM pg_auth_members m WHERE m.member = r.oid),
            (SELECT string_agg(concat_ws(' ', d.datname, array_to_string(s.setconfig, ', ')), '; '
                               ORDER BY d.datname)
             FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
             WHERE s.setrole = r.oid))), '{}')
        FROM pg_roles r WHERE rolname !~ '^pg_'),
    'settings', (
        SELECT jsonb_object_agg(name, coalesce(setting, '') || coalesce(' ' || unit, ''))
        FROM pg_settings
        -- those hold secrets, or say only what a node is, where it lies and how it is called
        WHERE NOT name = ANY (%s)))
