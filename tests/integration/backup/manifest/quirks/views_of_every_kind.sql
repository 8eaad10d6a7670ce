-- Views of every kind.
CREATE TABLE t (a int, b varchar, c timestamptz, j jsonb, l int[]);
CREATE TABLE u (a int, d numeric(5, 2));
CREATE VIEW v1 AS SELECT * FROM t JOIN u USING (a) WHERE b IN ('x', 'y') AND c > now() - '1 day'::interval;
CREATE VIEW v2 AS WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n, sum(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM r;
CREATE VIEW v3 AS SELECT a, count(*) FILTER (WHERE b <> '') AS n, array_agg(b ORDER BY c DESC NULLS LAST) FROM t GROUP BY GROUPING SETS ((a), ()) HAVING count(*) > 1;
CREATE VIEW v4 AS SELECT x.*, j ->> 'k' AS k, l[1:2] AS s, c AT TIME ZONE 'UTC' AS z, (b)::varchar(3) AS v, CASE a WHEN 1 THEN 'one' ELSE NULL END AS w, EXTRACT(year FROM c) AS y, COALESCE(b, '') AS q FROM t x, LATERAL unnest(x.l) WITH ORDINALITY AS o(e, i) WHERE EXISTS (SELECT 1 FROM u WHERE u.a = x.a);
CREATE VIEW v5 AS SELECT a, NULL::text AS e, '' AS f FROM t UNION (SELECT a, b, 'x' FROM t EXCEPT SELECT 1, 'y', 'z') ORDER BY 1 LIMIT 5;
ALTER TABLE t RENAME a TO aa;
ALTER TABLE t ADD late int;
CREATE VIEW v6 WITH (check_option = cascaded) AS SELECT * FROM u WHERE d > 1;
ALTER VIEW v6 ALTER d SET DEFAULT 9;
CREATE MATERIALIZED VIEW m AS SELECT * FROM v6;
CREATE INDEX ON m (a);
CREATE MATERIALIZED VIEW n AS SELECT * FROM m WITH NO DATA;
