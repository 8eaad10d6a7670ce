-- Which publications would carry the canary's tables to subscribers that have none?
SELECT pubname::text
FROM pg_publication
WHERE puballtables
ORDER BY 1
