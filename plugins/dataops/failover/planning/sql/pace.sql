-- How much WAL was written and how many transactions were committed, since the beginning.
SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint AS wal,
       (SELECT coalesce(sum(xact_commit), 0)::bigint FROM pg_stat_database) AS commits
