-- Who owns each object? A dump does not carry who owns an extension.
SELECT classid, objid, 0 AS objsubid, relid, jsonb_build_object('owner', pg_get_userbyid(owner)) AS facts
FROM (
    SELECT 'pg_class'::regclass AS classid, oid AS objid, oid AS relid, relowner AS owner FROM pg_class
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND relpersistence <> 't' AND relnamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_proc'::regclass, oid, 0, proowner FROM pg_proc WHERE pronamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_type'::regclass, oid, 0, typowner FROM pg_type AS t WHERE typnamespace IN (TABLE ours)
        AND typtype IN ('e', 'd', 'c', 'r', 'b', 'p')
        AND NOT EXISTS (SELECT FROM pg_type AS element WHERE element.oid = t.typelem AND element.typarray = t.oid)
        AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
    UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, nspowner FROM pg_namespace WHERE oid IN (TABLE ours)
    UNION ALL SELECT 'pg_operator'::regclass, oid, 0, oprowner FROM pg_operator WHERE oprnamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_opclass'::regclass, oid, 0, opcowner FROM pg_opclass WHERE opcnamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, 0, opfowner FROM pg_opfamily WHERE opfnamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_collation'::regclass, oid, 0, collowner FROM pg_collation WHERE collnamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_conversion'::regclass, oid, 0, conowner FROM pg_conversion WHERE connamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, 0, cfgowner FROM pg_ts_config WHERE cfgnamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, 0, dictowner FROM pg_ts_dict WHERE dictnamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxrelid, stxowner FROM pg_statistic_ext
        WHERE stxnamespace IN (TABLE ours)
    UNION ALL SELECT 'pg_language'::regclass, oid, 0, lanowner FROM pg_language WHERE oid >= 16384
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, fdwowner FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 0, srvowner FROM pg_foreign_server
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, 0, evtowner FROM pg_event_trigger
    UNION ALL SELECT 'pg_publication'::regclass, oid, 0, pubowner FROM pg_publication
    UNION ALL SELECT 'pg_subscription'::regclass, oid, 0, subowner FROM pg_subscription
        WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)  -- or the dump has none
) AS owned
