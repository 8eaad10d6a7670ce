-- How full is pg_stat_statements, and since when does it count?
SELECT
    (SELECT dealloc FROM {schema}.pg_stat_statements_info)     AS statement_evictions,
    (SELECT stats_reset FROM {schema}.pg_stat_statements_info) AS statements_reset,
    (SELECT count(*) FROM {schema}.pg_stat_statements(false))  AS statement_entries
