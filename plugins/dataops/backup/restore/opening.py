"""Opening a restored data directory for a look: reachable by us alone, archiving and starting nothing."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from dataops import process
from dataops.backup.physical.errors import BackupDamaged
from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.postgres import connect

Say = Callable[[str], None]
PORT = 5432
"""Of the socket's name only: nothing listens on the network."""

ISOLATED = {
    "listen_addresses": "",
    "archive_mode": "off",
    "ssl": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    "external_pid_file": "",
    # Without queries before promotion, smaller limits than the primary's are no error.
    "hot_standby": "off",
    # A restored subscription would consume the real publisher's slot, a restored job would run twice.
    "max_logical_replication_workers": "0",
    "cron.launch_active_jobs": "off",
}


@contextmanager
def opened(
    target: Path, *, major: int, user: str | None, login: Connection, seconds: float, say: Say
) -> Generator[Connection]:
    """A connection to the restored server once it has recovered and is open for writing; stopped afterwards.

    Raises ``BackupDamaged`` with the server's last words where it ends before that.
    """
    folder = Path(tempfile.mkdtemp(prefix="dataops-restored-", dir="/tmp"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        argv: list[str | Path] = [
            process.find_program("postgres", major),
            "-D",
            target,
            *_settings(target, folder, major, user),
        ]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
        words: list[str] = []
        with process.start(argv, env=environment, user=user, cwd="/", on_line=words.append) as server:
            connection = replace(login, host=str(folder), port=PORT, password="", extra={})
            try:
                _wait(server, connection, seconds, words, say)
                yield connection
            finally:
                stop: list[str | Path] = [
                    process.find_program("pg_ctl", major),
                    "-D",
                    target,
                    "-m",
                    "fast",
                    "-t",
                    "60",
                    "stop",
                ]
                process.run(stop, env=environment, user=user, cwd="/", deadline=90, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settings(target: Path, folder: Path, major: int, user: str | None) -> list[str]:
    hba = folder / "pg_hba.conf"
    hba.write_text("local all all trust\n", encoding="utf-8")
    chosen = {**ISOLATED, "unix_socket_directories": str(folder), "port": str(PORT), "hba_file": str(hba)}
    chosen["max_prepared_transactions"] = _controlled(target, "max_prepared_xacts", major, user)
    if not (target / "postgresql.conf").exists():  # Debian keeps it in /etc, outside of the backup
        empty = folder / "postgresql.conf"
        empty.write_text("", encoding="utf-8")
        chosen["config_file"] = str(empty)
    return [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]


def _controlled(target: Path, name: str, major: int, user: str | None) -> str:
    """A limit that recovery insists on, as the control file keeps it of the primary."""
    argv: list[str | Path] = [process.find_program("pg_controldata", major), "-D", target]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    text = process.run(argv, env=environment, user=user, cwd="/", deadline=60).stdout
    found = re.search(rf"^{name} setting:\s+(\d+)", text, re.MULTILINE)
    return found[1] if found else "0"


def _wait(
    server: process.Running, connection: Connection, seconds: float, words: list[str], say: Say
) -> None:
    deadline, told = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise BackupDamaged(
                f"The restored server ended with code {server.poll()}: {' '.join(words[-4:])[-800:]}"
            )
        if _is_open(connection):
            return
        if time.monotonic() - told > 10:
            told = time.monotonic()
            say(f"Recovering: {words[-1] if words else 'no word yet'}")
        time.sleep(0.1)
    raise BackupDamaged(f"The restored server had not recovered after {seconds:g} s: {' '.join(words[-2:])}")


def _is_open(connection: Connection) -> bool:
    try:
        with (
            closing(connect(connection, application_name="restore", autocommit=True)) as session,
            session.cursor() as cursor,
        ):
            cursor.execute("SELECT pg_catalog.pg_is_in_recovery()")
            row = cursor.fetchone()
            return row is not None and not row[0]
    except DataOpsError:  # starting up, or replaying
        return False
