-- Roles are shared by every database of the server: created once, and left alone when they are there.
DO $$
DECLARE
    role record;
BEGIN
    FOR role IN
        SELECT * FROM (VALUES
            ('flights_owner', 'NOLOGIN'),
            ('flights_reader', 'NOLOGIN'),
            ('flights_writer', 'NOLOGIN'),
            ('flights_analyst', 'LOGIN PASSWORD ''flights-analyst'' CONNECTION LIMIT 5 VALID UNTIL ''2041-01-01 00:00+00'''),
            ('flights_app', 'LOGIN NOINHERIT PASSWORD ''flights-app'''),
            ('flights_dispatcher', 'LOGIN PASSWORD ''flights-dispatcher'''),
            ('flights_replicator', 'LOGIN REPLICATION PASSWORD ''flights-replicator'''),
            ('flights_auditor', 'NOLOGIN BYPASSRLS'),
            ('flights_admin', 'NOLOGIN CREATEDB CREATEROLE'),
            ('flights_Ödd "Rôle" 100%', 'NOLOGIN')
        ) AS wanted (name, options)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role.name) THEN
            EXECUTE format('CREATE ROLE %I %s', role.name, role.options);
        END IF;
    END LOOP;
END
$$;

GRANT flights_reader TO flights_analyst, flights_writer, "flights_Ödd ""Rôle"" 100%";
GRANT flights_writer TO flights_app WITH ADMIN OPTION;
GRANT flights_writer TO flights_dispatcher;
GRANT flights_owner TO flights_admin;
GRANT pg_monitor TO flights_analyst;

ALTER ROLE flights_analyst SET statement_timeout = '5min';
ALTER ROLE flights_analyst SET search_path = public, reporting, "$user";
ALTER ROLE flights_app SET application_name = 'check-in, desk 100%';

GRANT SET ON PARAMETER log_min_duration_statement TO flights_analyst;
GRANT SET, ALTER SYSTEM ON PARAMETER deadlock_timeout TO flights_admin WITH GRANT OPTION;

COMMENT ON ROLE flights_owner IS 'Owns what the flights database holds';
COMMENT ON ROLE flights_analyst IS 'Reads; may not run longer than five minutes';
