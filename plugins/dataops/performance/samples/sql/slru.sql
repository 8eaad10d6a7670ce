-- How do the small caches of transaction states do?
SELECT
    name                                                    AS name,
    blks_hit                                                AS hits,
    blks_read                                               AS reads,
    blks_written                                            AS writes,
    flushes                                                 AS flushes,
    truncates                                               AS truncates
FROM pg_stat_slru
