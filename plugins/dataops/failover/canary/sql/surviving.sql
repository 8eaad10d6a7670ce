-- Which of the run's writes are there?
SELECT session, n, id
FROM dataops_canary.writes
WHERE run = %s
ORDER BY session, n
