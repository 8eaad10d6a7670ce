"""Scratch servers on the worker itself, in a private directory that carries the drill's id.

What is enforced: no TCP at all, only a Unix socket in a directory of mode 0700; archiving, subscriptions,
cron jobs and hooks of recovery are off from before the first start; tablespaces lie in the same directory;
and, where the kernel allows a network namespace of its own (``backup.restore.confined``), nothing in the
server can connect to anything: foreign tables, dblink and functions included. Where it does not,
``preflight`` is red for backups that hold such things.
"""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dataops import process
from dataops.backup.logical.workspace import workspace
from dataops.backup.restore.serving import Serving, serving
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.scratch.ending import end_server
from dataops.drill.scratch.memory import available
from dataops.drill.scratch.memory import settings as memory_settings
from dataops.drill.scratch.server import Scratch
from dataops.drill.scratch.wanted import Locale, Wanted
from dataops.errors import ConfigurationError
from dataops.evidence.steps import Say

PREFIX = "dataops-drill-"
POSTGRES = "postgres"
PATIENCE = 120.0
"""Seconds for making and starting an empty server."""
_LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path (unix(7))."""

THROWAWAY: Mapping[str, str] = {
    # Nothing here must survive a crash: it is thrown away.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1d",
    # Manifests and checks of thousands of tables hold a lock on each.
    "max_locks_per_transaction": "1024",
    "jit": "off",
    # Whatever the restored configuration says: a damaged page is an error, and is not passed over.
    "ignore_checksum_failure": "off",
    "zero_damaged_pages": "off",
    "ignore_system_indexes": "off",
    "track_activities": "on",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "max_parallel_workers_per_gather": "2",
}
"""Settings of every scratch server of ours."""

EMPTY: Mapping[str, str] = {
    # A table that is filled in the transaction that emptied it needs no WAL at all.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "100",
    "max_prepared_transactions": "10",
}
"""Further settings of one that begins empty."""


def parent_of(job: Job) -> Path:
    """Where the drill's private directory lies: in the option ``work_dir``, else in TMPDIR or /tmp."""
    wish = job.options.get("work_dir")
    return Path(str(wish)).resolve() if wish else usual_parent()


def usual_parent() -> Path:
    """Where drills have their private directories unless told otherwise."""
    return Path(tempfile.gettempdir()).resolve()


def folder_of(parent: Path, drill_id: str) -> Path:
    """The private directory of a drill."""
    return parent / f"{PREFIX}{drill_id}"


def os_user() -> str | None:
    """Who runs the server where that is not ourselves: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(POSTGRES)
    except KeyError:
        raise ConfigurationError(
            "PostgreSQL refuses to run as root and there is no user 'postgres': install the package "
            "postgresql, or run the worker as another user."
        ) from None
    return POSTGRES


@contextmanager
def private_folder(parent: Path, drill_id: str) -> Generator[Path]:
    """The drill's directory, open to us and the server's user alone; removed when the block ends."""
    path = folder_of(parent, drill_id)
    if len(os.fsencode(path / "socket" / ".s.PGSQL.5432")) > _LONGEST_SOCKET:
        raise ConfigurationError(f"{parent} is too long a path for a Unix socket: set a shorter work_dir.")
    with workspace(parent, name=path.name, user=os_user(), before_removal=end_server) as folder:
        own_folder(folder / "socket")
        yield folder


def own_folder(path: Path) -> Path:
    """A folder (0700) of the server's own user."""
    path.mkdir(mode=0o700)
    user = os_user()
    if user is not None:
        shutil.chown(path, user)
    return path


def serving_of(
    folder: Path,
    wanted: Wanted,
    *,
    jobs: int,
    settings: Mapping[str, str],
    network: bool = False,
) -> Serving:
    """How the data directory ``data`` in the drill's folder is served."""
    return Serving(
        data=folder / "data",
        folder=folder / "socket",
        major=wanted.major,
        user=os_user(),
        settings={
            **THROWAWAY,
            **memory_settings(available(), jobs),
            "cluster_name": folder.name,
            **settings,
        },
        network=network,
        stop="immediate",
    )


@dataclass(frozen=True)
class Local:
    """The driver ``local``: see ``dataops.drill.scratch.server.Driver``. ``folder`` is the drill's own."""

    folder: Path
    jobs: int
    say: Say

    @contextmanager
    def empty(self, wanted: Wanted, *, superuser: str) -> Generator[Scratch]:
        """An empty cluster with the encoding and locale of the backup's database, stopped at the end."""
        self._initdb(wanted, superuser)
        settings = {**EMPTY, "shared_preload_libraries": ",".join(wanted.preload)}
        if "pg_cron" in wanted.preload and wanted.locales:
            settings["cron.database_name"] = min(wanted.locales)
        how = serving_of(self.folder, wanted, jobs=self.jobs, settings=settings)
        log: list[str] = []
        login = Connection(id="scratch", type="postgres", login=superuser, schema="template1")
        with serving(how, login, seconds=PATIENCE, say=self.say, hear=log.append) as connection:
            yield Scratch(
                connection=connection,
                major=wanted.major,
                tablespaces=own_folder(self.folder / "tablespaces"),
                data_directory=how.data,
                os_user=how.user,
                log=lambda: tuple(log),
            )

    def _initdb(self, wanted: Wanted, superuser: str) -> None:
        data = own_folder(self.folder / "data")
        locale = next(iter(wanted.locales.values()), Locale("UTF8", "C", "C"))
        process.run(
            [
                process.find_program("initdb", wanted.major),
                f"--pgdata={data}",
                f"--username={superuser}",
                f"--encoding={locale.encoding}",
                f"--lc-collate={locale.collate}",
                f"--lc-ctype={locale.ctype}",
                "--auth=trust",
                "--no-sync",
            ],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            user=os_user(),
            cwd="/",
            deadline=PATIENCE,
        )
