-- What does this database hold beside rows that a failover may lose, move or repeat?
SELECT jsonb_build_object(
    'sequences', (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'name', format('%%I.%%I', schemaname, sequencename), 'last', last_value, 'step', increment_by,
            'cycles', cycle,
            'seen', has_sequence_privilege(format('%%I.%%I', schemaname, sequencename), 'USAGE, SELECT'))
            ORDER BY schemaname, sequencename), '[]')
        FROM pg_sequences
        -- the test's own
        WHERE schemaname NOT IN ('dataops_canary') AND schemaname !~ '^pg_temp'),
    'unlogged', (
        SELECT coalesce(jsonb_agg(oid::regclass::text ORDER BY oid::regclass::text), '[]')
        FROM pg_class WHERE relpersistence = 'u' AND relkind IN ('r', 'p', 'm')),
    'publications', (
        SELECT coalesce(jsonb_agg(pubname || CASE WHEN puballtables THEN ' of all tables' ELSE '' END
                        ORDER BY pubname), '[]')
        FROM pg_publication),
    'subscriptions', (
        SELECT coalesce(jsonb_agg(subname || CASE WHEN subenabled THEN '' ELSE ' (disabled)' END
                        ORDER BY subname), '[]')
        FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())))
