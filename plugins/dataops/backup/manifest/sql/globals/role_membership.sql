-- Which role belongs to which, by whose grant?
SELECT format('%I in %I by %I', pg_get_userbyid(m.member), pg_get_userbyid(m.roleid), pg_get_userbyid(m.grantor))
           AS identity,
    jsonb_strip_nulls(jsonb_build_object(
        'admin', m.admin_option,
        'inherit', to_jsonb(m) -> 'inherit_option',
        'set', to_jsonb(m) -> 'set_option')) AS facts
FROM pg_auth_members AS m
WHERE m.member IN (TABLE matter)
