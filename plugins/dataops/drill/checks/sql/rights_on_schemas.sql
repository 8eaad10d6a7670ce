-- What may each role do in each of these schemas?
SELECT role.name, object.name, privilege.name, has_schema_privilege(role.name, n.oid, privilege.name)
FROM unnest(%(roles)s::name[]) AS role (name), unnest(%(names)s::text[]) AS object (name)
JOIN pg_namespace AS n ON quote_ident(n.nspname) = object.name,
    unnest(%(privileges)s::text[]) AS privilege (name)
WHERE role.name IN (SELECT rolname FROM pg_roles)
