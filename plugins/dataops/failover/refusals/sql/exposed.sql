-- What of this database would the canary disturb, or a promotion empty?
SELECT (SELECT coalesce(array_agg(pubname::text ORDER BY pubname), '{}')
        FROM pg_publication WHERE puballtables)                          AS publications,
       (SELECT coalesce(array_agg(slot_name::text ORDER BY slot_name), '{}')
        FROM pg_replication_slots
        WHERE slot_type = 'logical' AND database = current_database())   AS consumers,
       (SELECT coalesce(array_agg(oid::regclass::text ORDER BY oid::regclass::text), '{}')
        FROM pg_class
        WHERE relpersistence = 'u' AND relkind IN ('r', 'p', 'm'))       AS unlogged
