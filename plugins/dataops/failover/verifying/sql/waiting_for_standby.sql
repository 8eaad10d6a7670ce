-- Do the canary's writes wait for a synchronous standby?
SELECT DISTINCT wait_event_type || ': ' || wait_event
FROM pg_catalog.pg_stat_activity
WHERE application_name LIKE 'dataops canary%' AND wait_event = 'SyncRep'
