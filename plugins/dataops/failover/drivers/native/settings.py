"""What a stopped server's own configuration files say, read by PostgreSQL itself."""

from __future__ import annotations

from dataops.failover.hosts.host import Host


def configured(host: Host, name: str, data: str = "") -> str:
    """The value of a setting as the next start would have it (``postgres -C``); it may hold a secret."""
    place = host.place
    config = ["-c", f"config_file={place.config}"] if place.config else []
    asked = [place.program("postgres"), "-D", data or place.data, *config, "-C", name]
    return host.run(asked, deadline=30).stdout.strip()


def application_name(conninfo: str) -> str:
    """What a standby calls itself to its primary, which synchronous_standby_names may go by; or empty."""
    from psycopg2 import ProgrammingError
    from psycopg2.extensions import parse_dsn

    try:
        return str(parse_dsn(conninfo).get("application_name", ""))
    except ProgrammingError:
        return ""
