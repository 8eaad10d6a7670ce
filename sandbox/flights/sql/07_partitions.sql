-- Partitions by range, list and hash, sub-partitions, defaults, and a detached one.
SET LOCAL ROLE flights_owner;
SET LOCAL search_path = operations, public, extensions;

CREATE TABLE departure (
    departed_at timestamptz NOT NULL,
    origin text NOT NULL,
    flight_id bigint NOT NULL,
    delay integer DEFAULT 0,
    PRIMARY KEY (departed_at, origin, flight_id)
) PARTITION BY RANGE (departed_at);
CREATE TABLE departure_2013_01 PARTITION OF departure
    FOR VALUES FROM ('2013-01-01 00:00+00') TO ('2013-02-01 00:00+00') PARTITION BY LIST (origin);
CREATE TABLE departure_2013_01_jfk PARTITION OF departure_2013_01 FOR VALUES IN ('JFK');
CREATE TABLE departure_2013_01_lga PARTITION OF departure_2013_01 FOR VALUES IN ('LGA', 'LaGuardia');
CREATE TABLE departure_2013_01_other PARTITION OF departure_2013_01 DEFAULT;
CREATE TABLE departure_2013_02 PARTITION OF departure (delay DEFAULT 5)
    FOR VALUES FROM ('2013-02-01 00:00+00') TO ('2013-03-01 00:00+00');
CREATE TABLE departure_default PARTITION OF departure DEFAULT;
CREATE TABLE departure_2012 (LIKE departure INCLUDING ALL);
CREATE INDEX departure_flight ON departure (flight_id);
CREATE INDEX departure_delay ON ONLY departure (delay);
INSERT INTO departure SELECT time_hour, origin, flight_id, dep_delay FROM flights WHERE flight_id <= 40000;

CREATE TABLE baggage (
    tag bigint GENERATED ALWAYS AS IDENTITY, flight_id bigint, grams integer NOT NULL, PRIMARY KEY (tag)
) PARTITION BY HASH (tag);
CREATE TABLE baggage_0 PARTITION OF baggage FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE baggage_1 PARTITION OF baggage FOR VALUES WITH (MODULUS 2, REMAINDER 1) WITH (fillfactor = 70);
INSERT INTO baggage (flight_id, grams) SELECT n % 100, 20000 + n FROM generate_series(1, 500) AS n;

CREATE TABLE incident (
    incident_id integer NOT NULL, kind text, happened date NOT NULL
) PARTITION BY RANGE ((date_part('year', happened)), kind COLLATE "C");
CREATE TABLE incident_2013 PARTITION OF incident FOR VALUES FROM (2013, MINVALUE) TO (2013, MAXVALUE);
INSERT INTO incident VALUES (1, 'bird', '2013-05-05'), (2, 'coffee', '2013-06-06');
COMMENT ON TABLE departure_2013_01_jfk IS 'A partition of a partition';
