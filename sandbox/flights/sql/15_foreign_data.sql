-- Foreign data wrappers, servers, user mappings with secrets, and foreign tables that nothing reads by itself.
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER void FOREIGN DATA WRAPPER nowhere;
CREATE SERVER archive_of_2012 TYPE 'archive' VERSION '15' FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host 'archive.example.com', dbname 'flights_2012', fetch_size '500');
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
ALTER SERVER archive_of_2012 OWNER TO flights_owner;

CREATE USER MAPPING FOR flights_app SERVER archive_of_2012 OPTIONS (user 'reader', password 'flights-archive-secret');
CREATE USER MAPPING FOR PUBLIC SERVER void;

CREATE FOREIGN TABLE operations.flights_2012 (
    flight_id bigint OPTIONS (column_name 'id') NOT NULL, carrier text COLLATE "C", departed date DEFAULT '2012-01-01',
    CHECK (departed < '2013-01-01')
) SERVER archive_of_2012 OPTIONS (schema_name 'public', table_name 'flights');
CREATE FOREIGN TABLE operations.release_notes (line text) SERVER files OPTIONS (filename '/etc/os-release', format 'text');
ALTER FOREIGN TABLE operations.flights_2012 OWNER TO flights_owner;

GRANT USAGE ON FOREIGN DATA WRAPPER file_fdw TO flights_owner;
GRANT USAGE ON FOREIGN SERVER archive_of_2012 TO flights_app;
GRANT SELECT ON operations.flights_2012 TO flights_analyst;
COMMENT ON FOREIGN DATA WRAPPER nowhere IS 'Has no handler';
COMMENT ON SERVER archive_of_2012 IS 'Does not exist';
COMMENT ON FOREIGN TABLE operations.flights_2012 IS 'Never read here';
