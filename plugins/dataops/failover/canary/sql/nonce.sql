-- Does this very node take a write?
INSERT INTO dataops_canary.nonces (nonce, node)
VALUES (%s, %s)
RETURNING
    ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int,
    coalesce(host(inet_server_addr()) || ':' || inet_server_port(), '')
