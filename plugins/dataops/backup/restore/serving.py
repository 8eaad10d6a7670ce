"""Serving a data directory for a look: reachable by us alone, archiving and starting nothing."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from dataops import process
from dataops.backup.physical.errors import BackupDamaged
from dataops.backup.restore.confined import confinement
from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.postgres import connect

Say = Callable[[str], None]
STOPPING = 60.0
"""Seconds for the server to stop by itself; then it is killed."""
LOOK = 0.02
"""Seconds between two looks at whether it is open."""
PORT = 5432
"""Of the socket's name only: nothing listens on the network."""

ISOLATED = {
    "listen_addresses": "",
    "archive_mode": "off",
    "archive_command": "",
    "ssl": "off",
    "logging_collector": "off",
    "log_destination": "stderr",
    # Without queries before promotion, smaller limits than the primary's are no error.
    "hot_standby": "off",
    # A restored subscription would consume the real publisher's slot, a restored job would run twice.
    "max_logical_replication_workers": "0",
    "cron.launch_active_jobs": "off",
    "primary_conninfo": "",
    "primary_slot_name": "",
    "recovery_end_command": "",
    "archive_cleanup_command": "",
    "recovery_min_apply_delay": "0",
    # A commit would wait for the production's standbys.
    "synchronous_standby_names": "",
    "synchronous_commit": "off",
    # The restored configuration may name files, groups, sizes and languages of another machine.
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "unix_socket_group": "",
    "huge_pages": "off",
    # Files in the data directory instead of /dev/shm: a SIGKILL leaves nothing outside of it.
    "dynamic_shared_memory_type": "mmap",
    "lc_messages": "C",
    "log_timezone": "UTC",
    # A failing statement may hold a password.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
}

Environment = dict[str, str]


@dataclass(frozen=True)
class Serving:
    """How a data directory is served. ``folder`` is private: it gets the socket and the access rules.

    ``settings`` win over those of ``ISOLATED``. Without ``network`` it runs in a network namespace of its own
    where the machine allows that (``confined`` says so). ``stop`` is pg_ctl's mode.
    """

    data: Path
    folder: Path
    major: int
    user: str | None
    settings: Mapping[str, str] = field(default_factory=dict)
    network: bool = True
    stop: Literal["fast", "immediate"] = "fast"
    discard: bool = False
    """Whether nobody wants the data any more once it stops: its files are removed while it ends."""

    @property
    def confined(self) -> bool:
        """Whether it runs without a network."""
        return not self.network and confinement(self.user) is not None

    def readable_configuration(self) -> bool:
        """Whether postgresql.conf lies in the data directory and means something on this machine."""
        return (self.data / "postgresql.conf").exists() and self.configured("port") is not None

    def configured(self, name: str) -> str | None:
        """What the data directory's own configuration says of a setting; None where it cannot be read."""
        argv: list[str | Path] = [process.find_program("postgres", self.major), "-D", self.data, "-C", name]
        done = process.run(argv, env=_environment(), user=self.user, cwd="/", deadline=60, check=False)
        return None if done.returncode else done.stdout.strip()

    def control(self, *names: str) -> list[str]:
        """Values that pg_controldata tells, such as ``max_connections setting``; ``0`` for unknown ones."""
        argv: list[str | Path] = [process.find_program("pg_controldata", self.major), "-D", self.data]
        text = process.run(argv, env=_environment("C"), user=self.user, cwd="/", deadline=60).stdout
        found = (re.search(rf"^{name}:\s+(\S+)", text, re.MULTILINE) for name in names)
        return [each[1] if each else "0" for each in found]


@contextmanager
def serving(
    how: Serving,
    login: Connection,
    *,
    seconds: float,
    say: Say,
    hear: Callable[[str], None] = lambda line: None,
) -> Generator[Connection]:
    """A connection to the server once it has recovered and is open for writing; stopped afterwards.

    Every line of its log goes to ``hear``. Raises ``BackupDamaged`` with the server's last words where it
    ends before that, or takes longer than ``seconds``.
    """
    words: list[str] = []

    def line(text: str) -> None:
        words.append(text)
        del words[:-4]
        hear(text)

    argv, user = _command(how)
    with process.start(argv, env=_environment(), user=user, cwd="/", on_line=line) as server:
        connection = replace(login, host=str(how.folder), port=PORT, password="", extra={})
        try:
            _wait(server, connection, seconds, words, say)
            yield connection
        finally:
            _stop(how, server)


def _command(how: Serving) -> tuple[list[str | Path], str | None]:
    program: list[str | Path] = [process.find_program("postgres", how.major), "-D", how.data, *_settings(how)]
    prefix = None if how.network else confinement(how.user)
    return (program, how.user) if prefix is None else ([*prefix, *program], None)


def _stop(how: Serving, server: process.Running) -> None:
    """In pg_ctl's way, but without its looking only ten times a second whether the server has ended."""
    argv: list[str | Path] = [process.find_program("pg_ctl", how.major), "-D", how.data]
    argv += ["-m", how.stop, "--no-wait", "stop"]
    process.run(argv, env=_environment(), user=how.user, cwd="/", deadline=90, check=False)
    if how.discard:
        shutil.rmtree(how.data / "base", ignore_errors=True)
    server.ended(STOPPING)


def _settings(how: Serving) -> list[str]:
    chosen = {
        **ISOLATED,
        **({} if "max_prepared_transactions" in how.settings else _prepared(how)),
        **how.settings,
        "unix_socket_directories": str(how.folder),
        "port": str(PORT),
        "hba_file": _own_file(how, "pg_hba.conf", "local all all trust\n"),
        "data_directory": str(how.data),
        # Not the restored configuration's, and not empty either: the server complains of a file of no name.
        "external_pid_file": str(how.folder / "postmaster.pid"),
    }
    if not how.readable_configuration():  # Debian keeps it in /etc, outside of the backup
        chosen["config_file"] = _own_file(how, "postgresql.conf", "")
    return [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]


def _prepared(how: Serving) -> dict[str, str]:
    """Recovery insists on as many prepared transactions as the primary allowed."""
    return {"max_prepared_transactions": how.control("max_prepared_xacts setting")[0]}


def _own_file(how: Serving, name: str, text: str) -> str:
    path = how.folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    if how.user is not None:
        shutil.chown(path, how.user)
    return str(path)


def _environment(locale: str = "C.UTF-8") -> Environment:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": locale}


def _wait(
    server: process.Running, connection: Connection, seconds: float, words: list[str], say: Say
) -> None:
    deadline, told = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise BackupDamaged(
                f"The restored server ended with code {server.poll()}: {' '.join(words)[-800:]}"
            )
        if _is_open(connection):
            return
        if time.monotonic() - told > 10:
            told = time.monotonic()
            say(f"Recovering: {words[-1] if words else 'no word yet'}")
        time.sleep(LOOK)
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
