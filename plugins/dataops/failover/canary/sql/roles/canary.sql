-- The role of the failover test's canary, with nothing more than it needs. Run once a database, as superuser:
--     psql -d DATABASE -f canary.sql && psql -c '\password dataops_canary'
-- It writes in its own schema, which it owns, and sees nothing of anybody else's.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dataops_canary') THEN
        CREATE ROLE dataops_canary LOGIN
            CONNECTION LIMIT 60; -- sessions that hang on a server that waits for its standby count too
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS dataops_canary;
ALTER SCHEMA dataops_canary OWNER TO dataops_canary; -- it may be there already, made by a test that ran as superuser

-- Its tables are made before each test and dropped after it; a lock on them is not waited for long.
ALTER ROLE dataops_canary SET lock_timeout = '5s';

-- No statement_timeout: it would end the wait for a synchronous standby with a success, and a loss would be hidden.
