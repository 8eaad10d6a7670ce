-- Publications of every kind, and a subscription that is disabled and never connected.
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, update', publish_via_partition_root = true);
CREATE PUBLICATION some_flights FOR TABLE
    public.flights (flight_id, year, month, carrier) WHERE (flight_id > 1000 AND year = 2013), operations.crew
    WITH (publish = 'insert');
CREATE PUBLICATION whole_schemas FOR TABLES IN SCHEMA gallery, TABLE ONLY operations.vehicle;
CREATE PUBLICATION nothing_yet;
COMMENT ON PUBLICATION some_flights IS 'For the partner airline';

CREATE SUBSCRIPTION from_partner
    CONNECTION 'host=partner.example.com dbname=flights user=flights_replicator password=flights-partner-secret'
    PUBLICATION partner, "Partner's other"
    WITH (connect = false, slot_name = 'from_partner', binary = true, streaming = true, synchronous_commit = 'local');
COMMENT ON SUBSCRIPTION from_partner IS 'Disabled: would consume the partner''s slot';
