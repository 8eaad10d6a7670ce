"""pgbackrest.conf and environment of one run. Pure: what is secret goes into the environment only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from dataops.backup.physical.site import Instance, Site
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.inventory import Server

NEVER = 9999999
"""pgBackRest's largest retention: expiry is decided by us, and only carried out by it."""

Options = dict[str, str | int]


@dataclass(frozen=True)
class Repository:
    """A bucket that holds a repository: ``number`` 1 in the store, 2 in the replica."""

    number: int
    connection: Connection
    bucket: str


def repository_path(server: Server) -> str:
    """Where a server's repository lies in its bucket, without a slash at either end."""
    return f"backups/{server.name}/repository"


def text_of(sections: Mapping[str, Options]) -> str:
    """The file's text; no value of it is secret."""
    return "".join(
        f"[{name}]\n" + "".join(f"{option}={value}\n" for option, value in options.items())
        for name, options in sections.items()
    )


def general_options(server: Server, folder: str) -> Options:
    """What holds for every command: speed, and our own private folders instead of the host's."""
    return {
        "compress-type": server.physical.compression,
        "process-max": server.physical.jobs,
        "start-fast": "y",
        "expire-auto": "n",
        "log-level-console": "off",
        "log-level-stderr": "warn",
        "log-level-file": "off",
        "lock-path": f"{folder}/lock",
        "spool-path": f"{folder}/spool",
        "log-path": f"{folder}/log",
    }


def repository_options(server: Server, repository: Repository) -> Options:
    """The options of one repository, without its secrets.

    A connection's ``extra`` may name a ``prefix``: a rehearsal's copy lies in a corner of the same bucket.
    """
    connection, extra = repository.connection, repository.connection.extra
    region = str(extra.get("region_name") or "us-east-1")
    endpoint = urlsplit(str(extra.get("endpoint_url") or f"https://s3.{region}.amazonaws.com"))
    if endpoint.scheme != "https":
        raise ConfigurationError(
            f"pgBackRest reaches S3 over TLS only: endpoint_url of {connection.id} must begin with https://."
        )
    options: Options = {
        "type": "s3",
        "path": f"/{extra.get('prefix', '')}{repository_path(server)}",
        "bundle": "y",
        "retention-full": NEVER,
        "cipher-type": "aes-256-cbc" if server.encryption_connection else "none",
        "s3-bucket": repository.bucket,
        "s3-endpoint": endpoint.hostname or "",
        "s3-region": region,
        "s3-uri-style": "path" if extra.get("addressing_style") == "path" else "host",
        "s3-key-type": "shared" if connection.login else "auto",
        "storage-port": endpoint.port or 443,
    }
    verify = extra.get("verify")
    if verify is False or str(verify).lower() == "false":
        options["storage-verify-tls"] = "n"
    elif isinstance(verify, str) and verify.startswith("/"):
        options["storage-ca-file"] = verify
    return {f"repo{repository.number}-{name}": value for name, value in options.items()}


def host_options(access: Connection, site: Site) -> Options:
    """How pgBackRest reaches PostgreSQL on both hosts; on this very host where ``access`` names none."""
    options = _instance_options(1, access, _primary_host(access, site), site.primary)
    if site.standby is not None:
        options |= _instance_options(2, access, _standby_host(access, site), site.standby)
    return options


def hosts(access: Connection, site: Site) -> tuple[tuple[str, int], ...]:
    """Host and port of every pgBackRest that must answer, each once; none where all is on this host."""
    port = access.port or (22 if access.extra.get("protocol") == "ssh" else 8432)
    names = [_primary_host(access, site)] + ([_standby_host(access, site)] if site.standby else [])
    return tuple((name, port) for name in dict.fromkeys(names) if name)


def _primary_host(access: Connection, site: Site) -> str:
    """Where the primary runs: after a failover, that is the host which the inventory calls the standby's."""
    moved = site.server.hosts.standby if site.moved else None
    return moved or site.server.hosts.primary or access.host


def _standby_host(access: Connection, site: Site) -> str:
    """Two servers on one host share its pgBackRest, whatever name the SQL connections use for it."""
    if site.server.hosts.standby or site.standby is None:
        return site.server.hosts.standby or ""
    together = site.standby.connection.host == site.primary.connection.host
    return access.host if together else site.standby.connection.host


def _instance_options(number: int, access: Connection, host: str, instance: Instance) -> Options:
    extra, protocol = access.extra, str(access.extra.get("protocol") or "tls")
    options: Options = {"path": instance.data_directory, "port": instance.port}
    if instance.socket:
        options["socket-path"] = instance.socket
    if database_user := extra.get("database_user"):
        options["user"] = str(database_user)
    if host:
        options |= {"host": host, "host-type": protocol}
        named: dict[str, object] = {"host-port": access.port, "host-config": extra.get("config_file")}
        if protocol == "tls":
            named |= {f"host-{part}-file": extra.get(f"{part}_file") for part in ("ca", "cert", "key")}
        else:
            named |= {"host-user": extra.get("user")}
        options |= {name: str(value) for name, value in named.items() if value}
    return {f"pg{number}-{name}": value for name, value in options.items()}


def environment(server: Server, access: Connection, repositories: tuple[Repository, ...]) -> dict[str, str]:
    """The whole environment of a pgBackRest of ours: it alone carries what is secret."""
    variables = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    if home := os.environ.get("HOME"):  # where ssh keeps its keys
        variables["HOME"] = home
    for repository in repositories:
        login = repository.connection
        secret = {
            "S3_KEY": login.login,
            "S3_KEY_SECRET": login.password,
            "S3_TOKEN": str(login.extra.get("aws_session_token") or ""),
            "CIPHER_PASS": passphrase(server, access),
        }
        prefix = f"PGBACKREST_REPO{repository.number}_"
        variables |= {prefix + name: value for name, value in secret.items() if value}
    return variables


def passphrase(server: Server, access: Connection) -> str:
    """The repository's passphrase; empty where the server's encryption is off."""
    if server.encryption_connection is None:
        return ""
    if not access.password:
        raise ConfigurationError(
            f"Connection {access.id!r} holds no passphrase for the repository of {server.name}: "
            "set its password, or declare `encryption: off`."
        )
    return access.password
