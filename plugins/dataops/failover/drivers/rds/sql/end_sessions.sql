-- Which clients are still here, beside us and AWS itself? Each is told to end.
SELECT pid, pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND usename <> 'rdsadmin'
