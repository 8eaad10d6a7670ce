-- The canary's tables, in its own schema. Like any application's they have a key that a sequence issues.
CREATE TABLE IF NOT EXISTS dataops_canary.writes (
    id         bigserial PRIMARY KEY,
    run        text NOT NULL,
    session    int NOT NULL,
    n          bigint NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (run, session, n)
);
CREATE TABLE IF NOT EXISTS dataops_canary.nonces (
    nonce      text NOT NULL,
    node       text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (nonce, node)
);
