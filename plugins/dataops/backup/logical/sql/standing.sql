-- Who are we to this server, and how much room have its locks and connections?
SELECT current_user AS role,
       pg_is_in_recovery() AS in_recovery,
       role.rolsuper OR role.rolbypassrls AS bypasses_rls,
       has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS reads_passwords,
       (SELECT count(*) FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p'))::int AS tables_with_rls,
       (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'S', 'v', 'm', 'f') AND oid >= 16384)::int AS relations,
       (SELECT count(*) FROM pg_locks)::int AS locks_taken,
       current_setting('max_locks_per_transaction')::int
         * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) AS locks_possible,
       current_setting('max_connections')::int
         - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS connections_free,
       extract(epoch FROM clock_timestamp())::float8 AS clock,
       pg_database_size(current_database()) AS database_bytes,
       getdatabaseencoding() AS encoding
  FROM pg_roles AS role
 WHERE role.rolname = current_user;
