-- Which instance is this, what is it in its cluster, how far is it, and how is it set?
SELECT
    aurora_db_instance_identifier()                         AS identifier,
    pg_is_in_recovery()                                     AS in_recovery,
    current_setting('server_version_num')::int              AS version,
    coalesce((SELECT durable_lsn FROM aurora_replica_status()
              WHERE session_id = 'MASTER_SESSION_ID'), 0)   AS durable,
    coalesce((SELECT current_read_lsn FROM aurora_replica_status()
              WHERE server_id = aurora_db_instance_identifier()), 0) AS applied,
    coalesce((SELECT server_id FROM aurora_replica_status()
              WHERE session_id = 'MASTER_SESSION_ID'), '')  AS writer,
    (SELECT coalesce(jsonb_object_agg(name, coalesce(setting, '') || coalesce(unit, '')), '{}')
     FROM pg_settings WHERE NOT name = ANY (%s))             AS settings
