-- How is the server set up, and which databases and roles differ?
-- Commands, connection strings, and texts that extensions and applications keep in settings may hold secrets.
SELECT
    name                                                    AS name,
    ''                                                      AS scope,
    CASE WHEN name LIKE '%\_command' OR name LIKE '%conninfo' OR (name LIKE '%.%' AND vartype = 'string')
         THEN CASE WHEN coalesce(reset_val, '') = '' THEN '' ELSE '(set)' END
         ELSE reset_val END                                 AS value,
    unit                                                    AS unit,
    vartype                                                 AS type,
    boot_val                                                AS "default",
    CASE WHEN source IN ('session', 'client') THEN 'configuration file' ELSE source END AS source,
    pending_restart                                         AS pending_restart
FROM pg_settings
UNION ALL
SELECT
    split_part(entry, '=', 1),
    concat_ws(' in ',
        CASE WHEN s.setrole = 0 AND s.setdatabase = 0 THEN 'all roles' END,
        CASE WHEN s.setrole <> 0 THEN 'role ' || pg_get_userbyid(s.setrole) END,
        CASE WHEN s.setdatabase <> 0 THEN coalesce(d.datname::text, s.setdatabase::text) END),
    CASE WHEN split_part(entry, '=', 1) LIKE '%\_command' OR split_part(entry, '=', 1) LIKE '%conninfo'
           OR (split_part(entry, '=', 1) LIKE '%.%' AND coalesce(known.vartype, 'string') = 'string')
         THEN '(set)'
         ELSE substr(entry, strpos(entry, '=') + 1) END,
    NULL, NULL, NULL, 'database or role', false
FROM pg_db_role_setting s
LEFT JOIN pg_database d ON d.oid = s.setdatabase
CROSS JOIN unnest(s.setconfig) AS entry
LEFT JOIN pg_settings known ON known.name = split_part(entry, '=', 1)
