-- How is each dumped row hashed, so that two values hash alike only if they print alike?
-- Columns in the order of their names; generated ones are not in a dump. Per column, by its base type:
--   as it is: where equal values print equally and the type's hash sees every bit;
--   its binary form: int8 and what is stored as one (their hash folds 64 bits to 32: 1 = 4294967296), numeric
--     (its hash ignores scale and sign, and takes NaN for Infinity), interval (1 month = 30 days), bits, money;
--   floats: binary too (-0 is not 0), but one NaN, whatever its payload;
--   all else: what its output function prints, which is what COPY writes. Not a cast to text: that of bpchar drops
--     blanks, and users may define casts that lose more.
-- The commonest types make a chain: each column's hash is the seed of the next one's, and the first seed tells
-- which of them are null. That is twice as fast as a hash of the record, which all other columns go through. Only
-- the first 60 columns of a table: the seed has 64 bits, and a deep expression needs stack.
-- Looking for nulls costs a fifth of it. So columns that hardly ever are null (NOT NULL, or so say the statistics)
-- are not asked: a null among them makes the whole chain null, the hash functions being strict, and then the row
-- is hashed once more by the chain that asks them all. Whatever the statistics say, the values are the same.
WITH RECURSIVE base (domain, type, typmod) AS (
    SELECT oid, oid, -1 FROM pg_type WHERE typtype <> 'd'
    UNION ALL
    SELECT d.oid, base.type, greatest(d.typtypmod, base.typmod)
    FROM pg_type AS d JOIN base ON base.domain = d.typbasetype WHERE d.typtype = 'd'
), carried AS (
    SELECT a.attrelid, a.attname, t.typname, t.typnamespace = 'pg_catalog'::regnamespace AS built_in,
        a.attnotnull OR coalesce(stats.null_frac <= 0.01, false) AS filled,
        greatest(a.atttypmod, base.typmod) AS typmod,
        CASE WHEN base.type = a.atttypid THEN quote_ident(a.attname)
             ELSE format('%%I::%%s', a.attname, format_type(base.type, -1)) END AS value,
        t.typoutput,
        -- A type may print itself by another's function, as refcursor does by that of text.
        CASE WHEN printed.oid <> t.oid AND printed.typtype <> 'p'
             THEN '::' || format_type(printed.oid, -1) ELSE '' END AS printed_as
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_stats AS stats
        ON stats.schemaname = n.nspname AND stats.tablename = c.relname AND stats.attname = a.attname
        AND NOT stats.inherited
    JOIN base ON base.domain = a.atttypid
    JOIN pg_type AS t ON t.oid = base.type
    JOIN pg_proc AS output ON output.oid = t.typoutput
    JOIN pg_type AS printed ON printed.oid = output.proargtypes[0]
    WHERE a.attrelid = ANY (%(relations)s::oid[])
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
), written AS (
    SELECT attrelid, attname, typname, value, built_in, typmod, filled, row_number() OVER by_name AS place,
        CASE
            WHEN built_in AND typname IN ('bool', 'int2', 'int4', 'oid', 'char', 'name', 'bytea', 'uuid', 'date',
                                          'macaddr', 'macaddr8', 'inet', 'cidr')
                THEN value
            WHEN built_in AND (typname IN ('text', 'varchar') OR typname = 'bpchar' AND typmod >= 0)
                THEN format('(%%s) COLLATE "C"', value)
            WHEN built_in AND typname IN ('timestamp', 'timestamptz', 'time', 'timetz', 'interval', 'numeric',
                                          'pg_lsn', 'cash', 'bit', 'varbit')
                THEN format('%%s_send(%%s)', typname, value)
            WHEN built_in AND typname IN ('int8', 'xid8') THEN format('%%ssend(%%s)', typname, value)
            WHEN built_in AND typname = 'money' THEN format('cash_send(%%s)', value)
            WHEN built_in AND typname IN ('float4', 'float8')
                THEN format('CASE WHEN %%1$s = ''NaN'' THEN ''NaN''::bytea ELSE %%2$ssend(%%1$s) END', value, typname)
            ELSE format('textin(%%s((%%s)%%s)) COLLATE "C"', typoutput, value, printed_as)
        END AS expression
    FROM carried
    WINDOW by_name AS (PARTITION BY attrelid ORDER BY attname COLLATE "C")
), linked AS (
    SELECT attrelid, place, expression, filled,
        format('CASE WHEN %%I IS NULL THEN %%s ELSE 0 END', attname, 1::int8 << place::int) AS missing,
        CASE
            WHEN place > 60 OR NOT built_in THEN NULL
            WHEN typname IN ('int2', 'int4', 'bool') THEN 'hashint4extended({value}, '
            WHEN typname = 'int8' -- both halves; hashoidextended is hashint4extended for whoever has no sign
                THEN 'hashint4extended(({value} >> 32)::int4, hashoidextended(({value} & 4294967295)::oid, '
            WHEN typname IN ('text', 'varchar') THEN 'hashtextextended({value} COLLATE "C", '
            WHEN typname = 'bpchar' AND typmod >= 0 THEN 'hashbpcharextended({value} COLLATE "C", '
        END AS link,
        CASE WHEN typname = 'bool' THEN format('%%s::int4', value) ELSE value END AS value,
        CASE WHEN typname IN ('text', 'varchar', 'bpchar') THEN '''''' ELSE '0' END AS stand_in,
        CASE WHEN typname = 'int8' THEN '))' ELSE ')' END AS closing
    FROM written
), chained AS (
    SELECT attrelid, place, expression, link, closing, missing, filled,
        replace(link, '{value}', format('coalesce(%%s, %%s)', value, stand_in)) AS asked,
        replace(link, '{value}', value) AS unasked
    FROM linked
)
SELECT attrelid::bigint AS relid,
    string_agg(expression, ', ' ORDER BY place) AS columns,
    coalesce(string_agg(expression, ', ' ORDER BY place) FILTER (WHERE link IS NULL), '') AS unlinked,
    string_agg(asked, '' ORDER BY place DESC)
        || '(' || string_agg(missing, ' + ' ORDER BY place) FILTER (WHERE link IS NOT NULL) || ')::int8'
        || string_agg(closing, '') FILTER (WHERE link IS NOT NULL) AS chain,
    string_agg(CASE WHEN filled THEN unasked ELSE asked END, '' ORDER BY place DESC) FILTER (WHERE link IS NOT NULL)
        || '(' || coalesce(string_agg(missing, ' + ' ORDER BY place) FILTER (WHERE link IS NOT NULL AND NOT filled), '0')
        || ')::int8' || string_agg(closing, '') FILTER (WHERE link IS NOT NULL) AS filled_chain
FROM chained
GROUP BY attrelid
