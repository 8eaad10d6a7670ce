"""Looking before touching: everything that would spoil the backup later is said now, in a sentence each."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TypeVar

from dataops.backup import catalog
from dataops.backup.physical import configuration, escrow
from dataops.backup.physical.contents import databases
from dataops.backup.physical.engine import PgBackRest, insist_on_version, pgbackrest
from dataops.backup.physical.errors import HostUnreachable
from dataops.backup.physical.settings import server_of, settings_of
from dataops.backup.physical.site import Site, insist_on_archiving, look
from dataops.backup.sealing import seal_of
from dataops.backup.steps import Job
from dataops.evidence.verdict import Check, Verdict

T = TypeVar("T")


class _Looks:
    """Checks that passed, each with what was seen; a look that finds a fault raises instead."""

    def __init__(self) -> None:
        self.checks: list[Check] = []

    def at(self, name: str, look: Callable[[], T], observed: Callable[[T], str] = str) -> T:
        begun = time.monotonic()
        seen = look()
        seconds = round(time.monotonic() - begun, 3)
        self.checks.append(Check(name=name, verdict=Verdict.PASSED, observed=observed(seen), seconds=seconds))
        return seen


def preflight_checks(job: Job) -> tuple[tuple[Check, ...], str]:
    """The checks that passed, and pgBackRest's version; the first fault raises its own leaf."""
    server, looks = server_of(job), _Looks()
    settings = looks.at("options", lambda: settings_of(job), lambda it: f"{it.type}, content {it.content}")
    seal = looks.at("keys", lambda: seal_of(job))
    site = looks.at("servers answer", lambda: look(job.platform, server), _pair)
    looks.at("WAL is archived", lambda: insist_on_archiving(site.primary), lambda _: _archiving(site))
    looks.at("databases can be listed", lambda: databases(site.primary.connection), ", ".join)
    access = job.platform.connection(server.pgbackrest)
    passphrase = configuration.passphrase(server, access)
    if passphrase:
        keys = seal.keys or job.platform.keys
        looks.at(
            "passphrase is the repository's",
            lambda: escrow.is_deposited(job.platform.store, server.name, passphrase, keys),
            lambda there: "as deposited" if there else "will be deposited",
        )
    looks.at("store answers", lambda: job.platform.store.exists(catalog.folder(server.name)), lambda _: "yes")
    hosts = configuration.hosts(access, site)
    looks.at("database hosts answer", lambda: [_knock(*host) for host in hosts], ", ".join)
    with pgbackrest(job.platform, server, site) as engine:
        major = site.primary.identity.major
        version = looks.at("pgBackRest fits the server", lambda: insist_on_version(engine, major))
        looks.at("pgBackRest reaches servers and repositories", lambda: _reach(engine))
    job.say(f"Everything is there for a {settings.type} backup of {server.name}.")
    return tuple(looks.checks), version


def _reach(engine: PgBackRest) -> str:
    """pgBackRest's own check: it writes a restore point and waits until that WAL is in every repository."""
    stanza = engine.info()
    missing = [each.number for each in engine.repositories if not stanza.exists_in(each.number)]
    if missing:
        return f"repository {', '.join(map(str, missing))} has no stanza yet: it will be made"
    engine.run("check")
    return "WAL arrives in every repository"


def _knock(host: str, port: int) -> str:
    """pgBackRest itself would try for minutes before it says that nobody is there."""
    try:
        socket.create_connection((host, port), timeout=10).close()
    except OSError as error:
        raise HostUnreachable(
            f"Nothing answers at {host}:{port}, where pgBackRest is to reach the database host "
            f"({error.strerror or error}): is `pgbackrest server` running there, and the port open?"
        ) from error
    return f"{host}:{port}"


def _pair(site: Site) -> str:
    standby = f", standby {site.standby.connection.id}" if site.standby else site.note
    return f"primary {site.primary.connection.id}{standby}"


def _archiving(site: Site) -> str:
    return f"archive_mode {site.primary.archive_mode}, archive_timeout {site.primary.archive_timeout} s"
