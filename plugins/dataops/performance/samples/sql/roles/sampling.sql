-- The role of samples, with nothing more than they need. Run once a server, as superuser:
--     psql -f sampling.sql && psql -c '\password dataops_sampling'
-- It sees what everybody does, texts of statements included, and reads no row of any table.
CREATE ROLE dataops_sampling LOGIN
    CONNECTION LIMIT 5; -- one session a visit, the log's, a report's

GRANT pg_monitor TO dataops_sampling; -- others' statistics, sizes, settings, the WAL directory

ALTER ROLE dataops_sampling SET default_transaction_read_only = on;
ALTER ROLE dataops_sampling SET statement_timeout = '10s';
ALTER ROLE dataops_sampling SET lock_timeout = '1s';
