-- Functions of every kind.
SET LOCAL ROLE flights_owner;
CREATE SCHEMA reporting;
SET LOCAL search_path = reporting, public, operations, extensions;

CREATE FUNCTION delays_of(code text DEFAULT 'UA', OUT flights bigint, OUT mean numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT count(*), round(avg(dep_delay), 2) FROM public.flights WHERE carrier = code;
    END;
CREATE FUNCTION late_flights(lowest integer, highest integer) RETURNS TABLE (flight_id bigint, dep_delay integer)
    LANGUAGE plpgsql STABLE COST 500 ROWS 200 AS $$
BEGIN
    RETURN QUERY SELECT f.flight_id, f.dep_delay FROM public.flights AS f WHERE f.dep_delay BETWEEN lowest AND highest;
END
$$;
CREATE FUNCTION longest(VARIADIC distances numeric[]) RETURNS numeric
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL RESTRICTED
    AS 'SELECT max(d) FROM unnest(distances) AS d -- 100% "quoted" \ and odd';
CREATE FUNCTION read_bookings() RETURNS SETOF operations.booking
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET work_mem = '8MB'
    AS $$ SELECT * FROM operations.booking $$;
CREATE FUNCTION anything(VALUE anyelement, INOUT note text DEFAULT NULL) LANGUAGE plpgsql AS $body$
BEGIN note := coalesce(note, '') || VALUE::text; END $body$;
CREATE FUNCTION in_our_language() RETURNS integer LANGUAGE plflights AS 'BEGIN RETURN 42; END';
CREATE FUNCTION with_transform(integer) RETURNS integer
    LANGUAGE sql TRANSFORM FOR TYPE integer AS 'SELECT $1';
CREATE PROCEDURE forget_bookings(before timestamptz, INOUT removed bigint DEFAULT 0)
    LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    DELETE FROM operations.booking WHERE booked_at < before;
    GET DIAGNOSTICS removed = ROW_COUNT;
    COMMIT;
END
$$;

CREATE FUNCTION add_square(state double precision, value double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN state + value * value;
CREATE FUNCTION subtract_square(state double precision, value double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN state - value * value;
CREATE AGGREGATE sum_of_squares (double precision) (
    SFUNC = add_square, STYPE = double precision, COMBINEFUNC = float8pl, INITCOND = '0', PARALLEL = SAFE,
    MSFUNC = add_square, MINVFUNC = subtract_square, MSTYPE = double precision, MINITCOND = '0'
);
CREATE AGGREGATE longest_name (text) (SFUNC = text_larger, STYPE = text, SORTOP = >);

COMMENT ON FUNCTION delays_of(text) IS 'How late a carrier is';
COMMENT ON PROCEDURE forget_bookings(timestamptz, bigint) IS 'Deletes; commits by itself';
COMMENT ON AGGREGATE sum_of_squares (double precision) IS 'Moves with a window too';
REVOKE EXECUTE ON FUNCTION read_bookings() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_bookings() TO flights_analyst;
GRANT EXECUTE ON PROCEDURE forget_bookings(timestamptz, bigint) TO flights_app;
RESET ROLE;

CREATE AGGREGATE reporting.percentile_of (double precision ORDER BY anyelement) (
    SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA
);
CREATE FUNCTION reporting.place_in_line() RETURNS bigint
    LANGUAGE internal WINDOW IMMUTABLE STRICT PARALLEL SAFE AS 'window_row_number';
CREATE FUNCTION reporting.never_leaks(a text, b text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT LEAKPROOF RETURN a = b;
CREATE FUNCTION reporting.guess_rows(internal) RETURNS internal LANGUAGE internal AS 'generate_series_int4_support';
ALTER FUNCTION reporting.late_flights(integer, integer) SUPPORT reporting.guess_rows;
