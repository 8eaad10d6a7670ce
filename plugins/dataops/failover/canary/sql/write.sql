-- Is this write taken, by which server, on which timeline, and which number does the sequence issue?
INSERT INTO dataops_canary.writes (run, session, n)
VALUES (%s, %s, %s)
RETURNING
    id,
    pg_current_wal_insert_lsn() - '0/0'::pg_lsn,
    -- the control file's timeline is stale between a promotion and the next checkpoint
    ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int,
    coalesce(host(inet_server_addr()) || ':' || inet_server_port(), '')
