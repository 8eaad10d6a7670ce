-- The role of logical backups, with nothing more than they need. Run once a server, as superuser:
--     psql -f logical.sql && psql -c '\password dataops_backup'
-- It reads every table and every password hash: guard its password like a superuser's.
CREATE ROLE dataops_backup LOGIN
    BYPASSRLS            -- row-level security would hide rows from the dump
    CONNECTION LIMIT 20; -- the dump's and the manifest's jobs, a snapshot's session, the watchers

GRANT pg_read_all_data,     -- tables, sequences, large objects' pages, password hashes (pg_dumpall)
      pg_read_all_settings, -- the data directory, which tells a server from its restored copy
      pg_read_all_stats     -- who waits behind the backup
   TO dataops_backup;

ALTER ROLE dataops_backup SET default_transaction_read_only = on;
ALTER ROLE dataops_backup SET lo_compat_privileges = on; -- or pg_dump may not read other owners' large objects
ALTER ROLE dataops_backup SET row_security = off;        -- an error where a policy would hide rows, never fewer rows
ALTER ROLE dataops_backup SET statement_timeout = 0;
ALTER ROLE dataops_backup SET idle_in_transaction_session_timeout = 0;
