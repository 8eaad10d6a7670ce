-- Which of these functions may each role call?
SELECT role.name, object.name, privilege.name,
    has_function_privilege(role.name, to_regprocedure(object.name), privilege.name)
FROM unnest(%(roles)s::name[]) AS role (name), unnest(%(names)s::text[]) AS object (name),
    unnest(%(privileges)s::text[]) AS privilege (name)
WHERE role.name IN (SELECT rolname FROM pg_roles)
