-- Keys of the five tables. Four destinations (BQN, PSE, SJU, STT) are missing from airports: NOT VALID.
SET LOCAL ROLE flights_owner;

ALTER TABLE airlines ADD CONSTRAINT airlines_pkey PRIMARY KEY (carrier);
ALTER TABLE airports ADD CONSTRAINT airports_pkey PRIMARY KEY (faa) INCLUDE (name);
ALTER TABLE planes ADD CONSTRAINT planes_pkey PRIMARY KEY (tailnum);
ALTER TABLE weather ADD CONSTRAINT weather_time UNIQUE (origin, time_hour);
ALTER TABLE flights ADD CONSTRAINT flights_pkey PRIMARY KEY (flight_id);

ALTER TABLE flights
    ADD CONSTRAINT flights_carrier_fkey FOREIGN KEY (carrier) REFERENCES airlines ON UPDATE CASCADE,
    ADD CONSTRAINT flights_origin_fkey FOREIGN KEY (origin) REFERENCES airports ON DELETE RESTRICT,
    ADD CONSTRAINT flights_dest_fkey FOREIGN KEY (dest) REFERENCES airports NOT VALID,
    ADD CONSTRAINT flights_distance_check CHECK (distance > 0);

CREATE INDEX flights_time ON flights USING brin (time_hour) WITH (pages_per_range = 32);
CREATE INDEX flights_late ON flights (dep_delay DESC NULLS LAST) WHERE dep_delay > 120;
CREATE INDEX flights_route ON flights (origin, dest) INCLUDE (distance);
CREATE INDEX flights_tailnum ON flights USING hash (tailnum);
CREATE INDEX airports_name_lower ON airports ((lower(name)) text_pattern_ops);
ALTER INDEX airports_name_lower ALTER COLUMN 1 SET STATISTICS 500;
ALTER TABLE weather CLUSTER ON weather_time;
ALTER TABLE weather REPLICA IDENTITY USING INDEX weather_time;
ALTER TABLE airports REPLICA IDENTITY FULL;

CREATE STATISTICS flights_route_stats (ndistinct, dependencies, mcv) ON origin, dest, carrier FROM flights;
CREATE STATISTICS flights_speed_stats ON (distance / nullif(air_time, 0)) FROM flights;
ALTER STATISTICS flights_route_stats SET STATISTICS 50;
ALTER TABLE flights ALTER COLUMN dest SET STATISTICS 200;
ALTER TABLE flights ALTER COLUMN tailnum SET (n_distinct = -0.012);

COMMENT ON CONSTRAINT flights_dest_fkey ON flights IS 'Not valid: the source lacks four airports';
COMMENT ON INDEX flights_late IS 'Only what a passenger remembers';
COMMENT ON STATISTICS flights_route_stats IS 'Carriers own their routes';
