SELECT CASE
    WHEN EXISTS (
        SELECT
        FROM pg_catalog.pg_proc AS f
        JOIN pg_catalog.pg_namespace AS s ON s.oid = f.pronamespace
        WHERE s.nspname = 'dataops_log'
        AND f.proname = 'read'
        AND pg_catalog.has_schema_privilege(s.oid, 'USAGE')
        AND pg_catalog.has_function_privilege(f.oid, 'EXECUTE')
    ) THEN 'dataops_log.read'
    WHEN pg_catalog.has_function_privilege(
        'pg_catalog.pg_read_binary_file(text, bigint, bigint)', 'EXECUTE'
    ) THEN 'pg_read_binary_file'
    ELSE ''
END
