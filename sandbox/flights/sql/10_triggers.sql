-- Triggers of every kind and state, and event triggers.
SET LOCAL ROLE flights_owner;
SET LOCAL search_path = operations, public, extensions;

CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE DEBUG '% on % by %', tg_op, tg_table_name, tg_argv[0];
    RETURN coalesce(new, old);
END
$$;
CREATE FUNCTION remember_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE DEBUG '% of %', tg_op, tg_table_name;
    RETURN NULL;
END
$$;

CREATE TRIGGER before_price BEFORE UPDATE OF price, seat ON booking
    FOR EACH ROW WHEN (old.price IS DISTINCT FROM new.price) EXECUTE FUNCTION remember('it''s 100%', 'x');
CREATE TRIGGER after_statement AFTER UPDATE ON booking
    REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION remember_all();
CREATE TRIGGER after_truncate AFTER TRUNCATE ON booking EXECUTE FUNCTION remember_all();
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR DELETE ON booking FROM flights
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION remember_all();
CREATE TRIGGER switched_off AFTER DELETE ON booking FOR EACH ROW EXECUTE FUNCTION remember();
ALTER TABLE booking DISABLE TRIGGER switched_off;
CREATE TRIGGER on_replicas BEFORE INSERT ON crew FOR EACH ROW EXECUTE FUNCTION remember();
ALTER TABLE crew ENABLE REPLICA TRIGGER on_replicas;
CREATE TRIGGER always BEFORE INSERT ON crew FOR EACH ROW EXECUTE FUNCTION remember();
ALTER TABLE crew ENABLE ALWAYS TRIGGER always;
CREATE TRIGGER on_partitions AFTER INSERT ON departure FOR EACH ROW EXECUTE FUNCTION remember();
ALTER TABLE departure_2013_02 DISABLE TRIGGER on_partitions;
CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE ON reporting.bookings_by_gate
    FOR EACH ROW EXECUTE FUNCTION remember('view');
COMMENT ON TRIGGER before_price ON booking IS 'Prices are sensitive';
RESET ROLE;

CREATE FUNCTION operations.notice_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE DEBUG 'ddl: %', tg_tag;
END
$$;
CREATE EVENT TRIGGER notice_tables ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE')
    EXECUTE FUNCTION operations.notice_ddl();
CREATE EVENT TRIGGER notice_drops ON sql_drop EXECUTE FUNCTION operations.notice_ddl();
ALTER EVENT TRIGGER notice_drops DISABLE;
COMMENT ON EVENT TRIGGER notice_tables IS 'Writes to the log, at debug level';
