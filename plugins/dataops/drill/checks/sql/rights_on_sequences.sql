-- What may each role do with each of these sequences?
SELECT role.name, object.name, privilege.name,
    has_sequence_privilege(role.name, to_regclass(object.name), privilege.name)
FROM unnest(%(roles)s::name[]) AS role (name), unnest(%(names)s::text[]) AS object (name),
    unnest(%(privileges)s::text[]) AS privilege (name)
WHERE role.name IN (SELECT rolname FROM pg_roles)
