-- Has the standby replayed the primary's WAL up to there, and if not, how old is its newest commit?
SELECT coalesce(pg_last_wal_replay_lsn() >= %(lsn)s::pg_lsn, false),
       coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 'infinity')::float8;
