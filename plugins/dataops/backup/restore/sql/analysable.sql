-- What is to be analysed after a restore, and does it reach a foreign table? Its server may well be out of reach,
-- and ANALYZE of a whole database stops at the first error. A partitioned table's partitions go with it.
WITH RECURSIVE reaching AS (
    SELECT oid FROM pg_class WHERE relkind = 'f'
    UNION
    SELECT inhparent FROM reaching JOIN pg_inherits ON inhrelid = oid
)
SELECT format('%I.%I', space.nspname, class.relname) AS name, reaching.oid IS NOT NULL AS foreign
  FROM pg_class AS class
  JOIN pg_namespace AS space ON space.oid = class.relnamespace
  LEFT JOIN reaching ON reaching.oid = class.oid
 WHERE class.relkind IN ('r', 'p', 'm', 'f')
   AND class.relpersistence <> 't'
   AND NOT class.relisshared
   AND space.nspname !~ '^pg_toast'
   AND space.nspname <> 'information_schema'
   AND NOT EXISTS (
         SELECT FROM pg_partition_ancestors(class.oid) AS above (oid)
          WHERE class.relispartition
            AND above.oid <> class.oid
            AND above.oid NOT IN (SELECT oid FROM reaching))
 ORDER BY class.relkind = 'f', 1;
