-- Give a copy what CREATE DATABASE does not copy from its template: owner, grants, settings, comment, labels.
UPDATE pg_database AS copy SET datdba = original.datdba, datacl = original.datacl,
    datconnlimit = original.datconnlimit, datistemplate = original.datistemplate
FROM pg_database AS original
WHERE copy.datname = %(copy)s AND original.datname = %(original)s;
INSERT INTO pg_db_role_setting
SELECT copy.oid, s.setrole, s.setconfig
FROM pg_db_role_setting AS s, pg_database AS copy, pg_database AS original
WHERE copy.datname = %(copy)s AND original.datname = %(original)s AND s.setdatabase = original.oid;
INSERT INTO pg_shdescription
SELECT copy.oid, s.classoid, s.description
FROM pg_shdescription AS s, pg_database AS copy, pg_database AS original
WHERE copy.datname = %(copy)s AND original.datname = %(original)s
    AND s.classoid = 'pg_database'::regclass AND s.objoid = original.oid;
INSERT INTO pg_shseclabel
SELECT copy.oid, s.classoid, s.provider, s.label
FROM pg_shseclabel AS s, pg_database AS copy, pg_database AS original
WHERE copy.datname = %(copy)s AND original.datname = %(original)s
    AND s.classoid = 'pg_database'::regclass AND s.objoid = original.oid;
DELETE FROM pg_shdepend AS d USING pg_database AS copy
WHERE copy.datname = %(copy)s AND d.classid = 'pg_database'::regclass AND d.objid = copy.oid;
INSERT INTO pg_shdepend
SELECT d.dbid, d.classid, copy.oid, d.objsubid, d.refclassid, d.refobjid, d.deptype
FROM pg_shdepend AS d, pg_database AS copy, pg_database AS original
WHERE copy.datname = %(copy)s AND original.datname = %(original)s
    AND d.classid = 'pg_database'::regclass AND d.objid = original.oid;
-- Subscriptions belong to one database and are not copied: the copy borrows them.
UPDATE pg_subscription SET subdbid = copy.oid
FROM pg_database AS copy, pg_database AS original
WHERE copy.datname = %(copy)s AND original.datname = %(original)s AND subdbid = original.oid;
