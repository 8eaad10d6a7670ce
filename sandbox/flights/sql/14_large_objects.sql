-- Large objects: empty, small, of several pages, sparse, with an owner, grants and a comment.
SELECT lo_from_bytea(201301, ''), lo_from_bytea(201302, 'boarding pass'),
       lo_from_bytea(201303, decode(repeat(md5('flights'), 1000), 'hex')), lo_from_bytea(201304, 'sparse');
SELECT lo_put(201304, 100000, 'far away');
ALTER LARGE OBJECT 201302 OWNER TO flights_owner;
GRANT SELECT ON LARGE OBJECT 201302 TO flights_reader;
GRANT SELECT, UPDATE ON LARGE OBJECT 201303 TO flights_app WITH GRANT OPTION;
COMMENT ON LARGE OBJECT 201302 IS 'As printed';
