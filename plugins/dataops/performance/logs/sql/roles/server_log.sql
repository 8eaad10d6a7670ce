-- The right to read a server's log and no other file. Run once a server, as superuser, in the database that the
-- server's connection names (postgres where it names none), and grant it to the role that watches:
--     psql -d postgres -f server_log.sql && psql -c 'GRANT dataops_log_reader TO dataops_monitor'
--
-- pg_monitor may list the log's files but not read them; EXECUTE on pg_read_binary_file would open the whole data
-- directory, password hashes included. This function opens files of log_directory only, by their name.
CREATE ROLE dataops_log_reader NOLOGIN;
GRANT pg_monitor TO dataops_log_reader; -- the settings of the log, and the list of its files

CREATE SCHEMA dataops_log;
CREATE FUNCTION dataops_log.read(file text, at bigint, bytes bigint) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_ls_logdir() AS log WHERE log.name = file) THEN
        RAISE EXCEPTION 'The log has no file of this name.' USING ERRCODE = 'undefined_file';
    END IF;
    RETURN pg_read_binary_file(current_setting('log_directory') || '/' || file, at, least(bytes, 16777216));
END
$function$;
REVOKE ALL ON SCHEMA dataops_log FROM PUBLIC;
REVOKE ALL ON FUNCTION dataops_log.read(text, bigint, bigint) FROM PUBLIC;
GRANT USAGE ON SCHEMA dataops_log TO dataops_log_reader;
GRANT EXECUTE ON FUNCTION dataops_log.read(text, bigint, bigint) TO dataops_log_reader;
