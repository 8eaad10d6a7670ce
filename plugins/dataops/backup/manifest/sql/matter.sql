-- The roles that matter to this database: who owns, may, logs in or is set up here, and all that they belong to.
-- A question of globals/ follows; it returns identity and facts, and may ask TABLE matter (OIDs of roles).
WITH RECURSIVE here AS (
    SELECT * FROM pg_database WHERE datname = current_database()
), used AS (
    SELECT 10::oid AS role  -- the bootstrap superuser: what it owns has no dependency
    UNION SELECT datdba FROM here
    UNION SELECT d.refobjid FROM pg_shdepend AS d, here
    WHERE d.refclassid = 'pg_authid'::regclass
        AND (d.dbid = here.oid OR (d.classid, d.objid) IN (('pg_database'::regclass, here.oid)))
    UNION SELECT s.setrole FROM pg_db_role_setting AS s, here WHERE s.setdatabase = here.oid AND s.setrole <> 0
    UNION SELECT t.spcowner FROM pg_tablespace AS t
), matter AS (
    SELECT role FROM used WHERE role = 10 OR role >= 16384
    UNION
    SELECT other.role FROM matter
    JOIN pg_auth_members AS m ON matter.role IN (m.roleid, m.member)
    CROSS JOIN LATERAL (VALUES (m.roleid), (m.member)) AS other (role)
    WHERE other.role = 10 OR other.role >= 16384
)
{question}
