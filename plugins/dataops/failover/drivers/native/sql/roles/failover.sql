-- The role by which a failover test looks at nodes, promotes one, and by which standbys and pg_rewind connect.
-- Run on the primary as superuser, in the database that the nodes' connections name (rights on functions belong
-- to one database), then \password dataops_failover. PostgreSQL 15 or later; its standbys have it from there.
-- In pg_hba.conf of every node it needs a line for that database and one for `replication`.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dataops_failover') THEN
        CREATE ROLE dataops_failover LOGIN REPLICATION NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 20;
    END IF;
END
$$;

-- To look: settings, WAL receivers and senders, slots; rows and sequences for the comparison of nodes.
GRANT pg_monitor, pg_read_all_data TO dataops_failover;

-- To promote, and to make what follows quick and safe.
GRANT pg_checkpoint TO dataops_failover;
GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer), pg_switch_wal(), pg_reload_conf() TO dataops_failover;

-- To tell a standby whom to follow, without a restart.
GRANT ALTER SYSTEM ON PARAMETER primary_conninfo, primary_slot_name TO dataops_failover;

-- For pg_rewind, as its documentation lists them. They read any file of the server: guard the role accordingly.
GRANT EXECUTE ON FUNCTION
    pg_ls_dir(text, boolean, boolean),
    pg_stat_file(text, boolean),
    pg_read_binary_file(text),
    pg_read_binary_file(text, bigint, bigint, boolean)
TO dataops_failover;
