-- Which sessions wait for a lock that a session of this backup holds or asked for earlier?
SELECT waiting.pid,
       coalesce(waiting.usename, waiting.backend_type, 'an unknown user') AS who,
       wanted.mode,
       coalesce(wanted.relation::regclass::text, wanted.locktype) AS object
  FROM pg_locks AS wanted
  JOIN pg_stat_activity AS waiting USING (pid)
 WHERE NOT wanted.granted
   AND waiting.application_name IS DISTINCT FROM %(application)s
   AND pg_blocking_pids(wanted.pid) && (
         SELECT array_agg(pid)
           FROM pg_stat_activity
          WHERE application_name = %(application)s
       )
 ORDER BY waiting.pid;
