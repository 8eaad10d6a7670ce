-- Types of every kind, with what hangs on them: domains, ranges, casts, operators, collations.
CREATE SCHEMA operations AUTHORIZATION flights_owner;
COMMENT ON SCHEMA operations IS 'Running the airline';
SET LOCAL ROLE flights_owner;
SET LOCAL search_path = operations, extensions;

CREATE TYPE flight_state AS ENUM ('scheduled', 'boarding', 'airborne', 'landed');
ALTER TYPE flight_state ADD VALUE 'delayed' BEFORE 'boarding';
CREATE TYPE whereabouts AS (latitude numeric(8, 5), longitude numeric(8, 5), label text COLLATE "C");
CREATE FUNCTION feet_between(upper_bound double precision, lower_bound double precision)
    RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN upper_bound - lower_bound;
CREATE TYPE altitude_range AS RANGE (
    subtype = double precision, subtype_diff = feet_between, multirange_type_name = altitude_bands
);

CREATE DOMAIN airport_code AS text COLLATE "C" DEFAULT 'JFK' NOT NULL
    CONSTRAINT three_letters CHECK (VALUE ~ '^[A-Z0-9]{3}$');
CREATE DOMAIN seat AS text CONSTRAINT row_and_letter CHECK (VALUE ~ '^[0-9]{1,2}[A-K]$');
ALTER DOMAIN seat ADD CONSTRAINT no_thirteenth_row CHECK (VALUE NOT LIKE '13%') NOT VALID;

CREATE COLLATION names_any_case (
    provider = icu, locale = 'und-u-ks-level2', deterministic = false
);
CREATE COLLATION numbers_by_value (provider = icu, locale = 'en-u-kn-true');

COMMENT ON TYPE flight_state IS 'What the departure board shows';
COMMENT ON DOMAIN airport_code IS 'FAA code';
COMMENT ON CONSTRAINT three_letters ON DOMAIN airport_code IS 'As on the ticket';
COMMENT ON COLLATION names_any_case IS 'Müller is MÜLLER';
COMMENT ON COLUMN whereabouts.label IS 'What a map shows';
GRANT USAGE ON TYPE flight_state TO flights_app;
REVOKE USAGE ON TYPE seat FROM PUBLIC;
GRANT USAGE ON DOMAIN seat TO flights_app WITH GRANT OPTION;

CREATE FUNCTION is_before(a flight_state, b flight_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN a < b;
CREATE FUNCTION is_after(a flight_state, b flight_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN a > b;
CREATE OPERATOR <<< (
    FUNCTION = is_before, LEFTARG = flight_state, RIGHTARG = flight_state,
    COMMUTATOR = OPERATOR(operations.>>>), RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR >>> (
    FUNCTION = is_after, LEFTARG = flight_state, RIGHTARG = flight_state,
    COMMUTATOR = OPERATOR(operations.<<<), RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR <<< (flight_state, flight_state) IS 'Comes earlier on the board';

CREATE FUNCTION position_text(place whereabouts) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN format('%s %s', (place).latitude, (place).longitude);
CREATE CAST (whereabouts AS text) WITH FUNCTION position_text(whereabouts) AS ASSIGNMENT;
COMMENT ON CAST (whereabouts AS text) IS 'Latitude before longitude';
RESET ROLE;

-- What only a superuser can make: a base type, its casts, operator classes, a language, access methods.
CREATE TYPE squawk;
CREATE FUNCTION squawk_in(cstring) RETURNS squawk LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4in';
CREATE FUNCTION squawk_out(squawk) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4out';
CREATE TYPE squawk (
    INPUT = squawk_in, OUTPUT = squawk_out, INTERNALLENGTH = 4, PASSEDBYVALUE, ALIGNMENT = int4, DEFAULT = '7000'
);
CREATE CAST (squawk AS integer) WITHOUT FUNCTION;
CREATE CAST (squawk AS flight_state) WITH INOUT;

CREATE FUNCTION compare_backwards(a integer, b integer) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN btint4cmp(b, a);
CREATE OPERATOR FAMILY backwards USING btree;
CREATE OPERATOR CLASS integer_backwards FOR TYPE integer USING btree FAMILY backwards AS
    OPERATOR 1 > (integer, integer),
    OPERATOR 2 >= (integer, integer),
    OPERATOR 3 = (integer, integer),
    OPERATOR 4 <= (integer, integer),
    OPERATOR 5 < (integer, integer),
    FUNCTION 1 compare_backwards(integer, integer);
COMMENT ON OPERATOR CLASS integer_backwards USING btree IS 'Largest first';
COMMENT ON OPERATOR FAMILY backwards USING btree IS 'Everything the other way round';

CREATE CONVERSION latin1_for_old_printers FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
COMMENT ON CONVERSION latin1_for_old_printers IS 'The gate printers of 1997';

-- Its handlers are our own functions: pg_dump omits those of a language whose handlers belong to an extension.
CREATE FUNCTION plflights_call() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION plflights_inline(internal) RETURNS void
    LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION plflights_check(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE plflights HANDLER plflights_call INLINE plflights_inline VALIDATOR plflights_check;
REVOKE USAGE ON LANGUAGE plflights FROM PUBLIC;
GRANT USAGE ON LANGUAGE plflights TO flights_owner;
COMMENT ON LANGUAGE plflights IS 'PL/pgSQL by another name';
CREATE TRANSFORM FOR integer LANGUAGE sql (
    FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal)
);
COMMENT ON TRANSFORM FOR integer LANGUAGE sql IS 'Never called';
CREATE ACCESS METHOD second_heap TYPE TABLE HANDLER heap_tableam_handler;
COMMENT ON ACCESS METHOD second_heap IS 'The heap by another name';
