-- The role that asks the planner of a watched database about indexes that are not there (HypoPG).
-- Run once a server as superuser, then \password dataops_proof. HypoPG itself, once in each database:
--   CREATE EXTENSION hypopg;
-- It needs no shared_preload_libraries, keeps hypothetical indexes in the memory of one session and writes nothing.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dataops_proof') THEN
        CREATE ROLE dataops_proof LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 3;
    END IF;
END
$$;

-- EXPLAIN asks for the rights of the statement itself: reading suffices, since what writes is planned as a SELECT.
GRANT pg_read_all_data TO dataops_proof;

ALTER ROLE dataops_proof SET default_transaction_read_only = on;
ALTER ROLE dataops_proof SET lock_timeout = '1s';
ALTER ROLE dataops_proof SET statement_timeout = '10s';
