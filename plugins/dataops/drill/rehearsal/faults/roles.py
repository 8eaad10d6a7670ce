"""Roles, memberships, settings, grants and owners that came back otherwise."""

from __future__ import annotations

from dataops.drill.rehearsal.fault import Family, Fault, Kind, Sql


def _fault(name: str, do: str, seen_by: str = "roles", find: str = "") -> Fault:
    return Fault(name, Family.ROLES, Kind.COPY, Sql(do, find), seen_by)


_DATABASE = "SELECT quote_ident(current_database()) AS name"
_PARAMETER_GRANT = (
    "SELECT 'deadlock_timeout' AS name WHERE current_setting('server_version_num')::int >= 150000"
)

FAULTS = (
    _fault("role missing", "ALTER ROLE rehearsal_group RENAME TO rehearsal_gone"),
    _fault("role made superuser", "ALTER ROLE rehearsal_login SUPERUSER"),
    _fault("role past row security", "ALTER ROLE rehearsal_group BYPASSRLS"),
    _fault("role may no longer log in", "ALTER ROLE rehearsal_login NOLOGIN"),
    _fault("role expired", "ALTER ROLE rehearsal_login VALID UNTIL '2001-01-01'"),
    _fault("role with another limit of connections", "ALTER ROLE rehearsal_login CONNECTION LIMIT 0"),
    _fault("password other", "ALTER ROLE rehearsal_login PASSWORD 'other'"),
    _fault("password lost", "ALTER ROLE rehearsal_login PASSWORD NULL"),
    _fault("membership lost", "REVOKE rehearsal_group FROM rehearsal_login", "role memberships"),
    _fault("membership of one more", "GRANT rehearsal_owner TO rehearsal_login", "role memberships"),
    _fault("role's setting lost", "ALTER ROLE rehearsal_login RESET work_mem", "role settings"),
    _fault("everyone's setting lost", "ALTER ROLE ALL RESET deadlock_timeout", "role settings"),
    _fault(
        "role's setting in the database lost",
        "ALTER ROLE rehearsal_login IN DATABASE $name RESET work_mem",
        "definitions: database",
        find=_DATABASE,
    ),
    _fault(
        "database's setting other",
        "ALTER DATABASE $name SET work_mem = '9MB'",
        "definitions: database",
        find=_DATABASE,
    ),
    _fault(
        "database's setting lost",
        "ALTER DATABASE $name RESET work_mem",
        "definitions: database",
        find=_DATABASE,
    ),
    _fault(
        "database's grant lost",
        "REVOKE TEMPORARY ON DATABASE $name FROM rehearsal_login",
        "definitions: database",
        find=_DATABASE,
    ),
    _fault(
        "database of another owner",
        "ALTER DATABASE $name OWNER TO rehearsal_owner",
        "definitions: database",
        find=_DATABASE,
    ),
    _fault(
        "database with another limit of connections",
        "ALTER DATABASE $name CONNECTION LIMIT 50",
        "definitions: database",
        find=_DATABASE,
    ),
    _fault(
        "grant on a parameter lost",
        "REVOKE SET ON PARAMETER $name FROM rehearsal_login",
        "role settings",
        find=_PARAMETER_GRANT,
    ),
    _fault(
        "grant on a table lost",
        "REVOKE SELECT ON rehearsal.purchase FROM rehearsal_login",
        "owners and grants",
    ),
    _fault(
        "grant on a table for everyone", "GRANT SELECT ON rehearsal.lonely TO PUBLIC", "owners and grants"
    ),
    _fault(
        "grant option lost",
        "REVOKE GRANT OPTION FOR SELECT ON rehearsal.customer FROM rehearsal_group",
        "owners and grants",
    ),
    _fault(
        "grant on a column lost",
        "REVOKE UPDATE (note) ON rehearsal.purchase FROM rehearsal_group",
        "owners and grants",
    ),
    _fault(
        "grant on a schema lost", "REVOKE USAGE ON SCHEMA rehearsal FROM rehearsal_group", "owners and grants"
    ),
    _fault(
        "grant on a sequence lost",
        "REVOKE USAGE ON SEQUENCE rehearsal.ticket FROM rehearsal_group",
        "owners and grants",
    ),
    _fault(
        "grant on a function lost",
        "REVOKE EXECUTE ON FUNCTION rehearsal.secretly() FROM rehearsal_group",
        "owners and grants",
    ),
    _fault(
        "everyone may execute again",
        "GRANT EXECUTE ON FUNCTION rehearsal.secretly() TO PUBLIC",
        "owners and grants",
    ),
    _fault(
        "nobody may use a language any more",
        "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
        "owners and grants",
    ),
    _fault(
        "grant on a type lost",
        "REVOKE USAGE ON TYPE rehearsal.mood FROM rehearsal_group",
        "owners and grants",
    ),
    _fault(
        "grant on a foreign server extra",
        "GRANT USAGE ON FOREIGN SERVER rehearsal_far TO rehearsal_group",
        "owners and grants",
    ),
    _fault(
        "grant on a large object lost",
        "REVOKE SELECT ON LARGE OBJECT $oid FROM rehearsal_group",
        "large objects",
        "SELECT min(oid) AS oid FROM pg_largeobject_metadata",
    ),
    _fault(
        "default privileges lost",
        "ALTER DEFAULT PRIVILEGES FOR ROLE rehearsal_owner IN SCHEMA rehearsal"
        " REVOKE SELECT ON TABLES FROM rehearsal_group",
        "default privileges",
    ),
    _fault(
        "table of another owner", "ALTER TABLE rehearsal.lonely OWNER TO CURRENT_USER", "owners and grants"
    ),
    _fault(
        "function of another owner",
        "ALTER FUNCTION rehearsal.doubled(int) OWNER TO CURRENT_USER",
        "owners and grants",
    ),
    _fault("schema of another owner", "ALTER SCHEMA rehearsal OWNER TO CURRENT_USER", "owners and grants"),
)
