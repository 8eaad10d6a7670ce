-- What do the slots keep from being removed?
SELECT
    s.slot_name::text                                       AS name,
    s.slot_type                                             AS kind,
    s.plugin::text                                          AS plugin,
    s.database::text                                        AS dbname,
    s.active                                                AS active,
    s.temporary                                             AS temporary,
    s.wal_status                                            AS wal_status,
    s.invalidation_reason                                   AS invalidation_reason, -- since 17
    s.inactive_since                                        AS inactive_since,      -- since 17
    pg_wal_lsn_diff(here.lsn, s.restart_lsn)::bigint        AS retained_bytes,
    s.safe_wal_size                                         AS safe_bytes,
    age(s.xmin)                                             AS xmin_age,
    age(s.catalog_xmin)                                     AS catalog_xmin_age,
    d.spill_bytes                                           AS spilled_bytes,
    d.total_bytes                                           AS decoded_bytes
FROM pg_replication_slots s
LEFT JOIN pg_stat_replication_slots d ON d.slot_name = s.slot_name::text
CROSS JOIN (
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn
) here
