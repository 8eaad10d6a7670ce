-- One column of every type, with the values that a careless comparison confuses.
SET LOCAL ROLE flights_owner;
CREATE SCHEMA gallery;
SET LOCAL search_path = gallery, operations, public, extensions;

CREATE TABLE numbers (
    id integer PRIMARY KEY,
    small smallint, big bigint, real_number real, double_number double precision,
    exact numeric, scaled numeric(12, 4), negative_scale numeric(3, -2), cash money, flag boolean,
    bits bit(8), many_bits bit varying(20), object oid, squawk operations.squawk
);
INSERT INTO numbers (id, double_number, real_number, exact) VALUES
    (1, '-0', '-0', 1.5), (2, '0', '0', 1.50), (3, 'NaN', 'NaN', 'NaN'),
    (4, 'Infinity', '-Infinity', 'Infinity'), (5, 0.1, 0.1, '-Infinity'), (6, 1e308, 1e-38, 1e-50), (7, 5e-324, 1, 0.00);
INSERT INTO numbers VALUES
    (8, -32768, 9223372036854775807, 3.4e38, 3, 12345678901234567890.0987654321, 1.5, 12345, 12.34, true,
     B'10101010', B'101', 4294967295, '1200');

CREATE TABLE texts (
    id integer PRIMARY KEY,
    free text, limited varchar(40), padded char(6), one "char", byname name, bytes bytea,
    any_case citext, icu text COLLATE operations.names_any_case, words tsvector, query tsquery, label ltree,
    document xml, json_text json, json_binary jsonb, path jsonpath, pairs hstore
);
INSERT INTO texts (id, free, padded, any_case, icu, json_text, json_binary) VALUES
    (1, '', 'ab', 'Name', 'Müller', '{"a":1, "a":2}', '1.0'), (2, NULL, 'ab  ', 'NAME', 'MÜLLER', 'null', '1'),
    (3, E'tab\tnew\nline\\back\\.\r', '', NULL, NULL, '"\u00e9"', 'null'), (4, '\N', NULL, '', '', ' [ ] ', '[]'),
    (5, 'naïve ☃ 🛫', '      ', 'é', E'e\u0301', '1e2', '1e2');
INSERT INTO texts VALUES
    (6, repeat('long text ', 20000), '100%', 'x', 'y', 'n', '\x00ff5c', 'C', 'D', to_tsvector('english', 'planes fly'),
     'plane & !car', 'top.middle', '<a b="1">text<!-- note --></a>', '{}', '{"k": [1, 1.50, true]}', '$.a[*] ? (@ > 1)',
     'a=>1');

CREATE TABLE moments (
    id integer PRIMARY KEY,
    plain timestamp, zoned timestamptz, coarse timestamptz(0), day date, clock time, zoned_clock timetz, span interval
);
INSERT INTO moments VALUES
    (1, 'infinity', '-infinity', '2013-12-31 23:59:59.6+00', '-infinity', '24:00', '12:00+05:30', '1 mon'),
    (2, '4713-01-01 BC', '2013-03-10 02:30 America/New_York', NULL, 'epoch', '00:00', '12:00-04', '30 days'),
    (3, '294276-12-31 23:59:59.999999', '2013-01-01', NULL, '5874897-12-31', NULL, NULL, '-1 mon +1 day -00:00:01');

CREATE TABLE shapes (
    id integer PRIMARY KEY,
    dot point, segment lseg, straight line, frame box, route path, area polygon, round circle,
    address inet, network cidr, card macaddr, long_card macaddr8, identifier uuid
);
INSERT INTO shapes VALUES
    (1, '(1,-0)', '[(0,0),(1,1)]', '{1,-1,0}', '(2,2),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,0),(1,1))', '<(0,0),2>',
     '10.0.0.1/8', '2001:db8::/32', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05',
     '6b1b1a9c-3a58-4f6c-9e0c-5a2d5f4f0a11'),
    (2, NULL, NULL, NULL, NULL, '((0,0),(1,1))', NULL, NULL, '10.0.0.1', NULL, NULL, NULL, NULL);

CREATE TABLE containers (
    id integer PRIMARY KEY,
    grid integer[][], words text[], shifted integer[], states operations.flight_state[], place operations.whereabouts,
    places operations.whereabouts[], codes operations.seat[], whole int4range, spans tstzmultirange,
    heights operations.altitude_range, bands operations.altitude_bands, state operations.flight_state,
    relation regclass, routine regprocedure, owner regrole, row_pointer pg_lsn, snapshot pg_snapshot, tid tid,
    rights aclitem
);
INSERT INTO containers VALUES
    (1, '{{1,2},{3,NULL}}', '{"",NULL,"NULL","a,b","c\"d"}', '[5:6]={1,2}', '{landed,delayed}',
     '(40.64130,-73.77810,"a ""b"", c")', '{"(1,2,x)",NULL}', '{1A,2B}', '[1,5)', '{[2013-01-01 00:00+00,)}',
     '[0,10000.5)', '{[0,1),[2,3)}', 'delayed', 'pg_class', 'now()', 'flights_owner', '0/16B3748', '10:20:10,14',
     '(0,1)', 'flights_reader=r/flights_owner'),
    (2, '{}', '{}', '{1,2}', '{}', '(,,)', '{}', '{}', 'empty', '{}', 'empty', '{}', 'scheduled',
     NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE INDEX containers_whole ON containers USING spgist (whole);

COMMENT ON SCHEMA gallery IS 'Values that look alike and are not';
