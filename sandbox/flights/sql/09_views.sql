-- Views of every kind, rules on them, and materialized views, one of which was never populated.
SET LOCAL ROLE flights_owner;
SET LOCAL search_path = reporting, public, operations, extensions;

CREATE VIEW monthly (month, carrier, flights, "mean delay") AS
    SELECT month, carrier, count(*), avg(dep_delay) FROM public.flights GROUP BY month, carrier;
CREATE VIEW newark WITH (security_barrier) AS
    SELECT * FROM public.flights WHERE origin = 'EWR' WITH CASCADED CHECK OPTION;
CREATE VIEW newark_late AS SELECT * FROM newark WHERE dep_delay > 60 WITH LOCAL CHECK OPTION;
CREATE VIEW own_rights WITH (security_invoker = true) AS SELECT code, price FROM operations.booking;
CREATE RECURSIVE VIEW chain_of_command (crew_id, name, depth) AS
    SELECT crew_id, name, 0 FROM operations.crew WHERE chief IS NULL
    UNION ALL
    SELECT c.crew_id, c.name, up.depth + 1 FROM operations.crew AS c JOIN chain_of_command AS up ON c.chief = up.crew_id;
CREATE VIEW bookings_by_gate AS
    SELECT b.code, b.passenger, g.label AS gate FROM operations.booking AS b JOIN operations.gate AS g USING (gate_id);
ALTER VIEW bookings_by_gate ALTER COLUMN gate SET DEFAULT 'A1';

CREATE MATERIALIZED VIEW routes AS
    SELECT origin, dest, count(*) AS flights, avg(distance)::integer AS miles
    FROM public.flights GROUP BY origin, dest;
CREATE UNIQUE INDEX routes_key ON routes (origin, dest);
ALTER MATERIALIZED VIEW routes CLUSTER ON routes_key;
CREATE MATERIALIZED VIEW busy_routes WITH (fillfactor = 90) AS SELECT * FROM routes WHERE flights > 5000;
CREATE MATERIALIZED VIEW not_yet AS SELECT * FROM monthly WITH NO DATA;

CREATE TABLE monthly_note (month integer, note text);
CREATE TABLE month_without_note (month integer);
CREATE RULE keep_notes AS ON INSERT TO monthly_note WHERE new.note IS NULL
    DO ALSO INSERT INTO month_without_note VALUES (new.month);
CREATE RULE never_delete AS ON DELETE TO monthly_note DO INSTEAD NOTHING;
CREATE RULE no_longer AS ON UPDATE TO monthly_note DO INSTEAD NOTHING;
ALTER TABLE monthly_note DISABLE RULE no_longer;
INSERT INTO monthly_note VALUES (1, 'snow'), (2, NULL);

COMMENT ON VIEW monthly IS 'What the board of directors reads';
COMMENT ON COLUMN monthly."mean delay" IS 'Minutes';
COMMENT ON MATERIALIZED VIEW routes IS 'Refreshed by hand';
COMMENT ON RULE never_delete ON monthly_note IS 'Notes stay';
