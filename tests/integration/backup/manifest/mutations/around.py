"""What lives outside a database: done on the source itself, between two manifests."""

from __future__ import annotations

from tests.integration.backup.manifest.mutations.mutation import Mutation

CLUSTER_MUTATIONS = {
    "role attribute": Mutation(
        "", "ALTER ROLE manifest_login CONNECTION LIMIT 7", "role", "manifest_login", "connection_limit"
    ),
    "password": Mutation(
        "", "ALTER ROLE manifest_login PASSWORD 'other'", "role password", "manifest_login", "secrets"
    ),
    "membership": Mutation(
        "",
        "REVOKE manifest_reader FROM manifest_login",
        "role membership",
        "manifest_login in manifest_reader by postgres",
    ),
    "role setting": Mutation(
        "", "ALTER ROLE manifest_login SET work_mem = '9MB'", "role setting", "manifest_login", "settings"
    ),
    "role comment": Mutation(
        "", "COMMENT ON ROLE manifest_login IS 'x'", "role", "manifest_login", "comment"
    ),
    "setting of a role in the database": Mutation(
        "",
        "ALTER ROLE manifest_reader IN DATABASE {database} SET work_mem = '9MB'",
        "database setting",
        "role manifest_reader",
    ),
    "database setting": Mutation(
        "", "ALTER DATABASE {database} SET work_mem = '9MB'", "database setting", "everyone", "settings"
    ),
    "database grant": Mutation(
        "", "GRANT TEMP ON DATABASE {database} TO manifest_login", "database properties", "database", "grants"
    ),
    "connection limit": Mutation(
        "",
        "ALTER DATABASE {database} CONNECTION LIMIT 9",
        "database properties",
        "database",
        "connection_limit",
    ),
    "parameter grant": Mutation(
        "", "GRANT SET ON PARAMETER deadlock_timeout TO manifest_login", "parameter grant", "deadlock_timeout"
    ),
    "everyone's setting": Mutation(
        "", "ALTER ROLE ALL SET deadlock_timeout = '4s'", "role setting", "everyone"
    ),
}
