-- An extension with configuration tables, and partitions that it keeps. Left out where it is not installed.
CREATE SCHEMA partman;
CREATE EXTENSION pg_partman SCHEMA partman;

CREATE TABLE operations.crew_event (event_id bigint PRIMARY KEY, happened text) PARTITION BY RANGE (event_id);
DO $$
BEGIN
    IF (SELECT extversion FROM pg_extension WHERE extname = 'pg_partman') LIKE '4.%' THEN
        PERFORM partman.create_parent('operations.crew_event', 'event_id', 'native', '1000', p_premake := 2);
    ELSE
        PERFORM partman.create_parent('operations.crew_event', 'event_id', '1000', p_premake := 2);
    END IF;
END
$$;
INSERT INTO operations.crew_event SELECT n, 'event ' || n FROM generate_series(1, 1500) AS n;
UPDATE partman.part_config SET retention = '100000', retention_keep_table = true
    WHERE parent_table = 'operations.crew_event';
GRANT SELECT ON partman.part_config TO flights_reader;
