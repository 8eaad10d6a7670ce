"""What only several files together can get wrong, and promises that the methods cannot keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from dataops.inventory.database import Database
from dataops.inventory.duration import format_duration
from dataops.inventory.explain import nearest
from dataops.inventory.failover_consistency import check_failover
from dataops.inventory.inventory import Subject
from dataops.inventory.schedule import KEYWORDS
from dataops.inventory.server import Server

if TYPE_CHECKING:
    from dataops.inventory.loading import File

MOST_AT_ONCE = 2
"""Backups of one server that may start in the same minute without a warning."""


def check_together(files: Sequence[File]) -> None:
    """Adds to each file the problems and warnings that come from it and the others."""
    servers = {file.name: file for file in files if file.kind == "server"}
    databases = {file.name: file for file in files if file.kind == "database"}
    _check_names(servers, databases)
    for file in servers.values():
        _check_server(file, set(databases))
    for file in databases.values():
        _check_database(file, servers)
    # Last, among valid files only: a broken file promises nothing.
    valid = [file for file in files if file.valid]
    _check_same_source(valid)
    _warn_of_pile_ups(valid)


def _check_names(servers: dict[str, File], databases: dict[str, File]) -> None:
    for name in sorted(servers.keys() & databases.keys()):
        for file, other in ((servers[name], databases[name]), (databases[name], servers[name])):
            file.problems.append(
                file.problem(file.kind, f"is also the name in {other.path}: names are unique", repr(name))
            )


def _check_server(file: File, databases: set[str]) -> None:
    server = file.subject
    if not isinstance(server, Server):
        return
    if server.rds and "physical" in server.model_fields_set:
        file.problems.append(file.problem("physical", "cannot be combined with rds: take one of them out"))
    check_failover(file, server, databases)
    _check_rpo(file, server)


def _check_database(file: File, servers: dict[str, File]) -> None:
    named = file.says("server")
    if named is not None and named not in servers:
        message = f"is no server in include/servers{nearest(named, servers)}"
        file.problems.append(file.problem("server", message, repr(named), tuple(sorted(servers))[:20]))
    elif named is not None and not servers[named].valid:
        first = servers[named].problems[0]
        message = f"cannot be used, its own file is invalid: {first.path}:{first.line}"
        file.problems.append(file.problem("server", message, repr(named)))
    database = file.subject
    if isinstance(database, Database):
        _check_against_server(file, database, servers[database.server].subject if named in servers else None)
        _check_rpo(file, database)


def _check_against_server(file: File, database: Database, server: Subject | None) -> None:
    if not isinstance(server, Server):
        return
    if database.environment not in {"", server.environment}:
        message = f"differs from that of its server {server.name}, {server.environment}: take the line out"
        file.problems.append(file.problem("environment", message, repr(database.environment)))
    if server.retired and not database.retired:
        message = f"was retired on {server.retired}: retire the database too, or move it to another server"
        file.problems.append(file.problem("server", message, repr(server.name)))


def _check_rpo(file: File, subject: Subject) -> None:
    promised, attainable = subject.objectives.rpo, subject.attainable_rpo
    if promised >= attainable:
        return
    if subject.method == "physical":
        reason = f"WAL reaches the store after {format_duration(attainable)}, by wal_archive.timeout"
    else:
        reason = (
            f"its schedule gives {format_duration(attainable)}, the longest interval plus max_duration; "
            "back it up more often, or rely on the physical backups of its server"
        )
    message = f"cannot be promised: {reason}"
    file.problems.append(file.problem("objectives.rpo", message, format_duration(promised)))


def _check_same_source(files: Iterable[File]) -> None:
    """Warns where two subjects are one and the same: twice the load, and two truths."""
    sources: dict[tuple[str, ...], File] = {}
    for file in files:
        subject = file.subject
        if subject is None or subject.retired:
            continue
        key, source = _source(subject)
        first = sources.setdefault(source, file)
        if first is not file:
            file.warnings.append(file.problem(key, f"is the same as in {first.path}", repr(source[-1])))


def _source(subject: Subject) -> tuple[str, tuple[str, ...]]:
    if isinstance(subject, Server):
        return "connection", ("server", subject.connection)
    return ("dbname" if subject.dbname != subject.name else "database"), (subject.server, subject.dbname)


def _warn_of_pile_ups(files: Iterable[File]) -> None:
    """Warns where many backups of a server start in the same minute because their files say so.

    Times that are spread by name may meet too; the pool then makes one wait for the other.
    """
    together: dict[tuple[str, str], list[File]] = defaultdict(list)
    for file, cron in _chosen_schedules(files):
        database = file.subject
        assert isinstance(database, Database)
        together[database.server, cron].append(file)
    for (server, cron), crowd in together.items():
        if len(crowd) > MOST_AT_ONCE:
            names = ", ".join(file.name for file in crowd[:5]) + (" …" if len(crowd) > 5 else "")
            message = (
                f"starts {len(crowd)} backups of the server {server} in the same minute ({names}): "
                "write `daily`, or nothing, and they are spread over the night"
            )
            crowd[0].warnings.append(crowd[0].problem("schedule", message, repr(cron)))


def _chosen_schedules(files: Iterable[File]) -> Iterator[tuple[File, str]]:
    for file in files:
        database = file.subject
        spread = file.says("schedule") in {None, *KEYWORDS}
        if isinstance(database, Database) and not database.retired and not spread:
            yield file, database.schedule
