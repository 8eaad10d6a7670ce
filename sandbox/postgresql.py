"""PostgreSQL clusters: making, starting, stopping and killing them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sandbox import children, os_user, processes
from sandbox.deadline import wait_until
from sandbox.errors import Missing, ServiceFailed
from sandbox.ports import LOOPBACK

SUPERUSER = "postgres"
SETTINGS: Mapping[str, str] = {
    "wal_level": "logical",
    "wal_log_hints": "on",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "max_slot_wal_keep_size": "1GB",
    "wal_retrieve_retry_interval": "100ms",
    "hot_standby_feedback": "on",
    "max_wal_size": "1GB",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "pg_stat_statements",
    "track_io_timing": "on",
    "password_encryption": "scram-sha-256",
    "log_line_prefix": "%m [%p] %q%a %u@%d ",
    "log_timezone": "UTC",
    "timezone": "UTC",
    # Files in the data directory instead of /dev/shm: a SIGKILL leaves nothing behind outside of it.
    "dynamic_shared_memory_type": "mmap",
}


def programs() -> Path:
    """The folder with initdb and postgres of the newest installed major; ``Missing`` where there is none."""
    for pattern in ("usr/lib/postgresql/*/bin/initdb", "usr/pgsql-*/bin/initdb"):
        found = sorted(
            Path("/").glob(pattern), key=lambda path: int("".join(filter(str.isdigit, path.parts[-3])))
        )
        if found:
            return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise Missing("PostgreSQL is missing: there is no initdb. Run: make setup")


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL server on loopback, in a folder that PostgreSQL's own user owns."""

    folder: Path
    port: int
    password: str = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    address: str = LOOPBACK
    """Where it listens: clusters on loopback addresses of their own may share a port, as hosts do."""
    server_programs: Path | None = None
    """The folder with initdb and postgres, of whichever major; None for the newest that is installed."""

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        """The folder of the socket, through which PostgreSQL's own OS user logs in without a password."""
        return self.folder / "socket"

    @property
    def log(self) -> Path:
        """Its log, where it writes one itself."""
        return self.folder / "log" / "server.log"

    def dsn(self, dbname: str = "postgres") -> str:
        """A libpq URI for the superuser."""
        return f"postgresql://{SUPERUSER}:{self.password}@{self.address}:{self.port}/{dbname}"

    @property
    def command(self) -> list[str]:
        """The program that serves this cluster in the foreground."""
        return [str(self._program("postgres")), "-D", str(self.data)]

    @property
    def exists(self) -> bool:
        """Whether the data directory was completely made."""
        return (self.folder / "complete").exists()

    def initialise(self) -> None:
        """Make the data directory: checksums on, SCRAM passwords over TCP."""
        self._begin()
        secret = os_user.own_file(self.folder / "password", self.password)
        try:
            os_user.run([
                *(self._program("initdb"), "-D", self.data, "-U", SUPERUSER, f"--pwfile={secret}"),
                *("--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
                *("--auth-host=scram-sha-256", "--auth-local=peer"),
            ])
        finally:
            secret.unlink()
        self._write_access_rules()
        self._finish()

    def clone(self, primary: Cluster, *, slot: str) -> None:
        """Make a streaming standby of a running primary; the replication slot keeps the WAL that it needs."""
        self._begin()
        primary.drop_slot(slot)
        os_user.run(
            [
                *(programs() / "pg_basebackup", "-D", self.data, "-d", _conninfo(primary), "-X", "stream"),
                *("--checkpoint=fast", "--no-sync", "-C", "-S", slot),
            ],
            env={"PGPASSWORD": primary.password},
        )
        os_user.own_file(self.data / "standby.signal", "")
        self.following(primary, slot=slot)._finish()

    def following(self, upstream: Cluster, *, slot: str) -> Cluster:
        """This cluster with the settings to stream from another; without effect while it is a primary."""
        conninfo = f"{_conninfo(upstream)} password={upstream.password}"
        follow = {"primary_conninfo": conninfo, "primary_slot_name": slot}
        return replace(self, settings={**follow, **self.settings})

    def drop_slot(self, slot: str) -> None:
        """Drop an inactive replication slot of a running server, where there is one."""
        self.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", slot
        )

    def execute(self, statement: str, *values: object, dbname: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement as superuser, outside of any transaction, and give its rows."""
        import psycopg2

        try:
            with closing(psycopg2.connect(self.dsn(dbname), application_name="sandbox")) as session:
                session.autocommit = True
                with session.cursor() as cursor:
                    cursor.execute(statement, values or None)
                    return cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            raise ServiceFailed(f"PostgreSQL refused: {str(error).strip()}") from error

    def _program(self, name: str) -> Path:
        return (self.server_programs or programs()) / name

    def _begin(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)
        os_user.own_folder(self.folder)
        os_user.own_folder(self.sockets)

    def _finish(self) -> None:
        # A standby's pg_basebackup copied the primary's file: the name is the same on purpose.
        main = self.data / "postgresql.conf"
        if "sandbox.conf" not in main.read_text():
            with main.open("a") as file:
                file.write("\ninclude 'sandbox.conf'\n")
        self.configure()
        os_user.own_file(self.folder / "complete", "")

    def configure(self) -> None:
        """Write the settings; they hold from the next start or reload."""
        wanted = {
            **SETTINGS,
            "listen_addresses": self.address,
            "unix_socket_directories": str(self.sockets),
            **self.settings,
            "port": str(self.port),
        }
        quoted = {name: value.replace("'", "''") for name, value in wanted.items()}
        os_user.own_file(
            self.data / "sandbox.conf", "".join(f"{name} = '{value}'\n" for name, value in quoted.items())
        )

    def _write_access_rules(self) -> None:
        os_user.own_file(self.data / "pg_ident.conf", f"sandbox {os_user.database_user()} {SUPERUSER}\n")
        os_user.own_file(
            self.data / "pg_hba.conf",
            f"local all {SUPERUSER} peer map=sandbox\n"
            f"host all all {LOOPBACK}/32 scram-sha-256\n"
            f"host replication all {LOOPBACK}/32 scram-sha-256\n",
        )

    def start(self, *, log: Path | None = None, seconds: float = 60) -> None:
        """Serve in the background until ``stop``, or until this process ends; returns when ready.

        For tests. Call it from a thread that outlives the server.
        """
        self.clear_leftovers()
        target = log or self.folder / "log"
        children.start(self.command, log=target, at_parents_death=signal.SIGINT, switch=os_user.switch())
        if not wait_until(self.is_ready, seconds=seconds):
            self.stop("immediate")
            raise ServiceFailed(f"PostgreSQL did not start in {seconds:g} s: {target.read_text()[-1500:]}")

    def is_ready(self) -> bool:
        """Whether connections are accepted."""
        probe = [str(programs() / "pg_isready"), "-q", "-h", self.address, "-p", str(self.port), "-t", "1"]
        return subprocess.run(probe, check=False).returncode == 0

    @property
    def pid(self) -> int | None:
        """The running postmaster's process id; None when it does not run, even with a stale pid file."""
        with suppress(FileNotFoundError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if str(self.data).encode() in command:
                return pid
        return None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the postmaster, where it runs."""
        pid = self.pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self, mode: str = "fast", *, seconds: float = 20) -> None:
        """Stop within the deadline; a fast stop that takes longer becomes an immediate one, then a kill."""
        steps = {
            "fast": [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL],
            "immediate": [signal.SIGQUIT, signal.SIGKILL],
        }
        for number in steps[mode]:
            self.signal(number)
            if wait_until(self._ended, seconds=seconds):
                break
        self.clear_leftovers()

    def kill(self) -> None:
        """SIGKILL the postmaster and wait until it is gone, as a crash would."""
        self.signal(signal.SIGKILL)
        wait_until(self._ended, seconds=20)

    def _ended(self) -> bool:
        pid = self.pid
        if pid is not None:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return self.pid is None

    def clear_leftovers(self) -> None:
        """Remove what a killed postmaster left: backends, pid file, socket, System V shared memory.

        PostgreSQL itself would refuse to start where another process got the same pid since.
        """
        file = self.data / "postmaster.pid"
        if self.pid is not None or not file.exists():
            return
        if not wait_until(lambda: not self._backends(), seconds=10):
            for pid in self._backends():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not self._backends(), seconds=10)
        with suppress(ValueError, IndexError):
            segment = file.read_text().splitlines()[6].split()[1]
            subprocess.run(["ipcrm", "-m", segment], check=False, capture_output=True)
        for leftover in (file, *self.sockets.glob(".s.PGSQL.*")):
            leftover.unlink(missing_ok=True)

    def _backends(self) -> list[int]:
        return [pid for pid in processes.in_folder(self.data) if pid != self.pid]


def _conninfo(cluster: Cluster) -> str:
    return f"host={cluster.address} port={cluster.port} user={SUPERUSER} application_name=standby"
