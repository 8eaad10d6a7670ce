-- One object of every class, so that each fault finds something to break in whatever database was restored.
CREATE ROLE rehearsal_owner;
CREATE ROLE rehearsal_group;
CREATE ROLE rehearsal_login LOGIN PASSWORD 'rehearsal' CONNECTION LIMIT 20 IN ROLE rehearsal_group;
ALTER ROLE rehearsal_login SET work_mem = '5MB';
ALTER ROLE ALL SET deadlock_timeout = '3s';

CREATE SCHEMA rehearsal AUTHORIZATION rehearsal_owner;
CREATE SCHEMA rehearsal_empty;
SET search_path = rehearsal, pg_catalog;
GRANT USAGE ON SCHEMA rehearsal TO rehearsal_group;
ALTER DEFAULT PRIVILEGES FOR ROLE rehearsal_owner IN SCHEMA rehearsal GRANT SELECT ON TABLES TO rehearsal_group;

CREATE TYPE mood AS ENUM ('good', 'fair', 'poor');
CREATE DOMAIN amount AS numeric(12, 2) DEFAULT 0 CONSTRAINT amount_not_negative CHECK (VALUE >= 0);
CREATE TYPE place AS (street text, house int);
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE COLLATION by_bytes (locale = 'C');

CREATE FUNCTION doubled(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2';
CREATE FUNCTION secretly() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1';
CREATE PROCEDURE noted(said text) LANGUAGE plpgsql AS 'BEGIN PERFORM said; END';
CREATE FUNCTION stamped() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.noted_at := now(); RETURN NEW; END';
CREATE FUNCTION watched() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE OPERATOR <+> (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int);
CREATE CAST (mood AS text) WITH INOUT AS ASSIGNMENT;
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);

CREATE TABLE customer (
    id int GENERATED ALWAYS AS IDENTITY CONSTRAINT customer_key PRIMARY KEY,
    name varchar(40) NOT NULL CONSTRAINT customer_name UNIQUE,
    phone varchar(20),
    mood mood NOT NULL DEFAULT 'fair',
    balance amount,
    doubled int GENERATED ALWAYS AS (length(name) * 2) STORED,
    sorted text COLLATE by_bytes,
    noted_at timestamptz,
    CONSTRAINT customer_has_name CHECK (length(name) > 0)
) WITH (fillfactor = 80);
ALTER TABLE customer REPLICA IDENTITY FULL;
CREATE INDEX customer_mood ON customer (mood);
CREATE INDEX customer_rich ON customer (name) WHERE balance > 100;
CREATE UNIQUE INDEX customer_upper ON customer (upper(name));
CREATE STATISTICS customer_both ON name, mood FROM customer;
COMMENT ON TABLE customer IS 'Whom the rehearsal serves';
CREATE TRIGGER customer_stamped BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION stamped();

CREATE TABLE purchase (
    id bigserial CONSTRAINT purchase_key PRIMARY KEY,
    customer int NOT NULL CONSTRAINT purchase_customer REFERENCES customer ON DELETE CASCADE,
    price numeric NOT NULL CONSTRAINT purchase_price CHECK (price > 0),
    during int4range NOT NULL,
    note text,
    CONSTRAINT purchase_apart EXCLUDE USING gist (during WITH &&)
);
CREATE INDEX purchase_of_customer ON purchase (customer);
ALTER TABLE purchase ENABLE ROW LEVEL SECURITY;
CREATE POLICY purchase_small ON purchase TO rehearsal_group USING (price < 1000);
CREATE RULE purchase_kept AS ON DELETE TO purchase WHERE OLD.price > 900 DO INSTEAD NOTHING;

CREATE TABLE measured (day date CONSTRAINT measured_key PRIMARY KEY, value int) PARTITION BY RANGE (day);
CREATE TABLE measured_2013 PARTITION OF measured FOR VALUES FROM ('2013-01-01') TO ('2014-01-01');
CREATE TABLE parent (a int);
CREATE TABLE child (b int) INHERITS (parent);
CREATE TABLE lonely (a int, b text);
CREATE TABLE spare (a int);
CREATE TABLE long (id int CONSTRAINT long_key PRIMARY KEY, body text);
ALTER TABLE long ALTER body SET STORAGE EXTERNAL;
CREATE TABLE bulk (id int CONSTRAINT bulk_key PRIMARY KEY, number int NOT NULL, body text NOT NULL);
CREATE INDEX bulk_number ON bulk (number);

INSERT INTO customer (name, balance, sorted) SELECT 'customer ' || g, g, md5(g::text) FROM generate_series(1, 200) g;
INSERT INTO purchase (customer, price, during, note)
    SELECT 1 + g % 200, g, int4range(g, g + 1), md5(g::text) FROM generate_series(1, 800) g;
UPDATE purchase SET note = NULL WHERE id = 6;
INSERT INTO measured SELECT date '2013-01-01' + g, g FROM generate_series(0, 99) g;
INSERT INTO child VALUES (1, 2);
INSERT INTO long SELECT g, repeat(md5(g::text), 400) FROM generate_series(1, 20) g;
INSERT INTO bulk SELECT g, g * 7 % 4001, md5(g::text) FROM generate_series(1, 4000) g;
SELECT lo_from_bytea(0, convert_to('large object ' || g, 'UTF8')) FROM generate_series(1, 3) AS g;

CREATE VIEW rich AS SELECT id, name FROM customer WHERE balance > 100;
CREATE VIEW guarded WITH (security_barrier) AS SELECT id FROM customer WHERE id > 0;
CREATE MATERIALIZED VIEW totals AS SELECT mood, count(*) AS customers, min(name) AS first FROM customer GROUP BY mood;
CREATE SEQUENCE ticket INCREMENT 5 START 100;
SELECT setval('ticket', 500);

CREATE EVENT TRIGGER rehearsal_watched ON sql_drop EXECUTE FUNCTION watched();
CREATE FOREIGN DATA WRAPPER rehearsal_nothing;
CREATE SERVER rehearsal_far FOREIGN DATA WRAPPER rehearsal_nothing OPTIONS (host 'far.example', password 'one');
CREATE USER MAPPING FOR rehearsal_login SERVER rehearsal_far OPTIONS (password 'two');
CREATE FOREIGN TABLE elsewhere (a int) SERVER rehearsal_far OPTIONS (file 'a');
CREATE PUBLICATION rehearsal_news FOR TABLE customer, lonely;

GRANT SELECT ON customer TO rehearsal_group WITH GRANT OPTION;
GRANT SELECT, INSERT ON purchase TO rehearsal_login;
GRANT UPDATE (note) ON purchase TO rehearsal_group;
GRANT USAGE ON SEQUENCE ticket TO rehearsal_group;
REVOKE EXECUTE ON FUNCTION secretly() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION secretly() TO rehearsal_group;
REVOKE USAGE ON TYPE mood FROM PUBLIC;
GRANT USAGE ON TYPE mood TO rehearsal_group;
ALTER TABLE lonely OWNER TO rehearsal_owner;
ALTER FUNCTION doubled(int) OWNER TO rehearsal_owner;
DO $$
DECLARE
    first oid := (SELECT min(oid) FROM pg_largeobject_metadata);
    wanted text;
BEGIN
    EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO rehearsal_group', first);
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO rehearsal_login', current_database());
    EXECUTE format('ALTER DATABASE %I SET work_mem = ''7MB''', current_database());
    EXECUTE format('ALTER ROLE rehearsal_login IN DATABASE %I SET work_mem = ''6MB''', current_database());
    EXECUTE format(
        'CREATE SUBSCRIPTION %I CONNECTION ''host=far.example password=three'' PUBLICATION news'
        ' WITH (connect = false, slot_name = none)', 'rehearsal_partner');
    -- An extension of its own where the server has one that is small.
    SELECT name INTO wanted FROM pg_available_extensions
    WHERE name IN ('citext', 'hstore', 'pgcrypto', 'unaccent', 'tablefunc')
        AND name NOT IN (SELECT extname FROM pg_extension)
    ORDER BY name LIMIT 1;
    IF wanted IS NOT NULL THEN
        EXECUTE format('CREATE EXTENSION %I SCHEMA rehearsal', wanted);
    END IF;
    IF current_setting('server_version_num')::int >= 150000 THEN
        EXECUTE 'GRANT SET ON PARAMETER deadlock_timeout TO rehearsal_login';
        EXECUTE 'CREATE PUBLICATION rehearsal_filtered FOR TABLE bulk (id, number) WHERE (id > 1)';
    END IF;
END $$;
ANALYZE;
