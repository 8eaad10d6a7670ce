-- Lists in indexes, policies and triggers.
CREATE TABLE t (a varchar, b varchar(3));
CREATE INDEX i ON t ((a || b)) WHERE a IN ('x', 'y') AND b NOT IN ('p', 'q');
CREATE POLICY s ON t USING (a IN ('x', 'y')) WITH CHECK (b = ANY (ARRAY['x', 'y']));
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW;
END';
CREATE TRIGGER t BEFORE UPDATE OF a, b ON t FOR EACH ROW WHEN (NEW.a IN ('x', 'y')) EXECUTE FUNCTION f();
