-- Row-level security: permissive and restrictive policies, for one command and for all, forced and not.
SET LOCAL ROLE flights_owner;
CREATE SCHEMA staff;
SET LOCAL search_path = staff, public, operations, extensions;

CREATE TABLE salary (
    crew_id integer PRIMARY KEY REFERENCES operations.crew ON DELETE CASCADE,
    account name NOT NULL DEFAULT current_user,
    amount numeric NOT NULL
);
INSERT INTO salary VALUES (100, 'flights_app', 120000.50), (105, 'flights_analyst', 80000.5), (110, 'x', 'NaN');
ALTER TABLE salary ENABLE ROW LEVEL SECURITY;
ALTER TABLE salary FORCE ROW LEVEL SECURITY;
CREATE POLICY own_salary ON salary FOR SELECT TO flights_reader USING (account = current_user);
CREATE POLICY office_hours ON salary AS RESTRICTIVE TO PUBLIC USING (amount < 1000000) WITH CHECK (amount > 0);
CREATE POLICY new_salary ON salary FOR INSERT TO flights_app, flights_dispatcher WITH CHECK (account <> 'x');

CREATE TABLE shift (crew_id integer, starts date);
INSERT INTO shift VALUES (100, '2013-01-01'), (105, 'infinity');
ALTER TABLE shift ENABLE ROW LEVEL SECURITY;
CREATE TABLE policy_without_security (id integer);
CREATE POLICY sleeping ON policy_without_security USING (EXISTS (SELECT FROM shift WHERE crew_id = id));
COMMENT ON POLICY own_salary ON salary IS 'Nobody sees a colleague''s';
