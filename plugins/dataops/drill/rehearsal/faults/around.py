"""Another environment than the source's, and drills that die, time out or look at nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from dataops.backup.manifest.details import Definition
from dataops.drill.rehearsal.children import end_child
from dataops.drill.rehearsal.fault import Family, Fault, Kind, Sql
from dataops.drill.rehearsal.shelf import Shelf
from dataops.drill.rehearsal.stage import Stage

PATIENCE = 30.0
"""Seconds to wait for the moment at which a drill is to be disturbed."""


def _fault(name: str, family: Family, how: Sql | Callable[[Stage], None], seen_by: str) -> Fault:
    return Fault(name, family, Kind.COPY, how, seen_by)


def _this_database(change: str) -> Sql:
    return Sql(f"UPDATE pg_database SET {change} WHERE datname = current_database()")


def _other_collation_version(stage: Stage) -> None:
    """The source sorted by another version of the C library or ICU than the scratch server does."""
    kind = "database collation version"
    definitions = [each for each in stage.expected.definitions if each.kind != kind]
    stage.expect(definitions=(*definitions, Definition(kind, "database", {"version": "0.rehearsal"})))


def _other_encoding(stage: Stage) -> None:
    moment = stage.expected.moment
    stage.expect(moment=moment.model_copy(update={"encoding": "EUC_JP"}))


ENVIRONMENT = (
    _fault("sorted by another version", Family.ENVIRONMENT, _other_collation_version, "collation"),
    _fault("database of another encoding", Family.ENVIRONMENT, _this_database("encoding = 0"), "definitions"),
    _fault(
        "database of another locale",
        Family.ENVIRONMENT,
        _this_database("datcollate = 'POSIX', datctype = 'POSIX'"),
        "definitions",
    ),
)


def _too_little_time(stage: Stage) -> None:
    limit = {"check_timeout": timedelta(milliseconds=1)}
    stage.server = replace(stage.server, settings=stage.server.settings.model_copy(update=limit))


def _nothing_restored(stage: Stage) -> None:
    stage.server = replace(stage.server, dbnames=())


def _no_manifest(stage: Stage) -> None:
    stage.server = replace(stage.server, expectations={**stage.server.expectations, stage.dbname: None})


def _no_rights(stage: Stage) -> None:
    """The checks come as a role that may look at little."""
    login = replace(stage.server.connection, login="rehearsal_owner")
    stage.execute("ALTER ROLE rehearsal_owner LOGIN")
    stage.server = replace(stage.server, connection=login)


def _other_key(stage: Stage) -> None:
    """The key of the hashed secrets was replaced since the backup."""
    keys = replace(stage.server.keys, secret=b"a key that came after the backup")
    stage.server = replace(stage.server, keys=keys)


def _sessions_ended(stage: Stage) -> None:
    stage.beside = stage.end_sessions


def _server_killed(stage: Stage) -> None:
    pid = int((stage.data_directory / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def kill() -> None:
        stage.await_sessions(PATIENCE)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    stage.beside = kill


def _restore_killed(shelf: Shelf) -> None:
    def kill() -> None:
        until = time.monotonic() + 4 * PATIENCE
        while time.monotonic() < until and not shelf.ended.is_set():
            if end_child({"pg_restore", "pgbackrest"}, "restore"):
                return
            time.sleep(0.005)

    shelf.beside = kill


PROCESS = (
    _fault("check out of time", Family.PROCESS, _too_little_time, ""),
    _fault("nothing to check", Family.PROCESS, _nothing_restored, ""),
    _fault("no manifest to check against", Family.PROCESS, _no_manifest, ""),
    _fault("checks without rights", Family.PROCESS, _no_rights, ""),
    _fault("hashed secrets by another key", Family.STORAGE, _other_key, "roles"),
    _fault("sessions of the checks ended", Family.PROCESS, _sessions_ended, ""),
    Fault("restore killed", Family.PROCESS, Kind.STORE, _restore_killed, "drill"),
    Fault(
        "scratch server killed during the checks", Family.PROCESS, Kind.COPY, _server_killed, "", last=True
    ),
)

FAULTS = (*ENVIRONMENT, *PROCESS)
