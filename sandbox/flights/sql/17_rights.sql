-- Grants of every kind, default privileges, and settings of the database and of roles in it.
GRANT USAGE ON SCHEMA operations, reporting TO flights_reader;
GRANT USAGE, CREATE ON SCHEMA staff TO flights_admin WITH GRANT OPTION;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA public, reporting TO flights_reader;
GRANT INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON operations.booking TO flights_writer;
GRANT SELECT (crew_id, name), UPDATE (skills) ON operations.crew TO flights_dispatcher WITH GRANT OPTION;
GRANT SELECT ON operations.gate TO PUBLIC;
GRANT USAGE ON SEQUENCE operations.ticket_number TO flights_app;
GRANT SELECT ON "Odd Names; 100%"."select" TO "flights_Ödd ""Rôle"" 100%";
REVOKE ALL ON operations.empty FROM flights_owner;

SET LOCAL ROLE flights_dispatcher;
GRANT SELECT (name) ON operations.crew TO flights_analyst;
RESET ROLE;

ALTER DEFAULT PRIVILEGES FOR ROLE flights_owner GRANT SELECT ON TABLES TO flights_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE flights_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE flights_owner IN SCHEMA operations GRANT USAGE ON SEQUENCES TO flights_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE flights_admin GRANT USAGE ON TYPES TO flights_reader WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE flights_admin REVOKE USAGE ON SCHEMAS FROM flights_admin;

DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO flights_admin WITH GRANT OPTION', current_database());
    EXECUTE format('ALTER DATABASE %I SET default_statistics_target = 150', current_database());
    EXECUTE format('ALTER DATABASE %I SET search_path = public, extensions', current_database());
    EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 90', current_database());
    EXECUTE format('ALTER ROLE flights_app IN DATABASE %I SET lock_timeout = ''3s''', current_database());
    EXECUTE format('ALTER ROLE flights_app IN DATABASE %I SET search_path = operations, public', current_database());
END
$$;
