"""Real servers for tests: throwaway, started once per session, isolated by database and bucket."""

from __future__ import annotations

import faulthandler
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import pytest
from dataops.connections import Connection
from psycopg2 import sql
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from sandbox import children
from sandbox.object_store import Credentials, StoreServer, choose_ports
from sandbox.ports import LOOPBACK, free_port
from sandbox.postgresql import SUPERUSER, Cluster


class ByFolder(LoadScopeScheduling):
    """The tests of one folder stay in one worker: they share its servers, which are started once a worker."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    """How ``make test`` shares the tests out; pytest-xdist's own groups are lost with pytest 9.2."""
    return ByFolder(config, log)


STACKS = "stacks"
"""The worker's input that names the folder for what workers which crash leave."""
STACK_LINES = 60
"""How much of one is printed, frames of installed packages aside: the reason, and the threads in turn."""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give each worker of pytest-xdist a place for the stacks of its threads, should it crash."""
    config = node.config
    if not hasattr(config, STACKS):
        setattr(config, STACKS, Path(tempfile.mkdtemp(prefix="dataops-stacks-")))
    node.workerinput[STACKS] = str(getattr(config, STACKS))


@pytest.hookimpl(trylast=True)  # after pytest's own, which writes where nobody finds it
def pytest_configure(config: pytest.Config) -> None:
    """A worker that crashes writes why into its file."""
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        file = Path(worker[STACKS], worker["workerid"]).open("w", encoding="utf-8")  # ruff: ignore[open-file-with-context-handler]
        config.add_cleanup(file.close)
        faulthandler.enable(file)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say at the very end, where somebody looks, why a worker crashed."""
    folder = getattr(config, STACKS, None)
    if folder is None:
        return
    for file in sorted(folder.iterdir()):
        lines = file.read_text(encoding="utf-8").splitlines()
        if lines := [line for line in lines if "/site-packages/" not in line]:
            terminalreporter.section(f"worker {file.name} crashed")
            terminalreporter.write_line("\n".join(lines[:STACK_LINES]))
    shutil.rmtree(folder)


@pytest.fixture(scope="session", autouse=True)
def spool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Evidence that waits for a store waits among the tests' own files, not in the user's state folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAOPS_SPOOL", str(tmp_path_factory.mktemp("spool")))
        yield


FAST = {"fsync": "off", "shared_buffers": "32MB", "autovacuum": "off"}


@dataclass
class DatabaseServer:
    """A throwaway PostgreSQL server."""

    cluster: Cluster
    connection_id: str

    def dsn(self, dbname: str = "postgres") -> str:
        return self.cluster.dsn(quote(dbname, safe=""))

    @property
    def port(self) -> int:
        return self.cluster.port

    @property
    def connection(self) -> Connection:
        """The superuser's connection, as a capability gets it."""
        return Connection(
            id=self.connection_id,
            type="postgres",
            host=LOOPBACK,
            port=self.cluster.port,
            login=SUPERUSER,
            password=self.cluster.password,
            schema="postgres",
        )

    def execute(self, statement: str, *, dbname: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement (or a script) in autocommit and give its rows."""
        with closing(psycopg2.connect(self.dsn(dbname))) as session:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def create_database(self, prefix: str = "test", script: str = "", *, template: str = "template1") -> str:
        """A new database, filled by the script; its name. Dropped after the test that asked for it."""
        name = f"{prefix}_{secrets.token_hex(4)}"
        with closing(psycopg2.connect(self.dsn())) as session:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                        sql.Identifier(name), sql.Identifier(template)
                    )
                )
        _CREATED.append((self, name))
        if script:
            self.execute(script, dbname=name)
        return name


ROOM_IN_MEMORY = 8 << 30
"""Bytes that must be free there before a worker puts its shared server there, which takes far less."""

_CREATED: list[tuple[DatabaseServer, str]] = []
"""Databases that nobody has dropped yet."""


@pytest.fixture(autouse=True)
def databases_of_the_test() -> Iterator[None]:
    """A test's own databases go with it; what a module or the session shares was there before, and stays."""
    shared = len(_CREATED)
    yield
    for server, name in _CREATED[shared:]:
        with suppress(psycopg2.Error):  # the test may have stopped the server
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    del _CREATED[shared:]


@dataclass
class ObjectStoreServer:
    """The S3 store of the tests: real, over TLS, with an administrator, a reader and a stranger."""

    server: StoreServer

    @property
    def endpoint(self) -> str:
        return self.server.endpoint

    @property
    def ca_file(self) -> Path:
        return self.server.ca_file

    @property
    def admin(self) -> Credentials:
        return self.server.users[0]

    @property
    def reader(self) -> Credentials:
        """May read and list, not write."""
        return self.server.users[1]

    @property
    def client(self) -> Any:
        """boto3's client of the administrator."""
        return self.server.client()

    def connection(self, connection_id: str = "dataops_store", user: Credentials | None = None) -> Connection:
        return self.server.connection(connection_id, user)

    def bucket(self, *, versioning: bool = True, lock: bool = True, lock_days: int = 0) -> str:
        """A fresh bucket: versioned and able to lock objects, with a default retention if told so."""
        name = f"test-{secrets.token_hex(6)}"
        return self.server.create_bucket(name, versioning=versioning, lock=lock, lock_days=lock_days)


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder for servers: short, and traversable by PostgreSQL's own user (pytest's tmp_path is not)."""
    folder = Path(tempfile.mkdtemp(prefix="dataops-test-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def fast_folder(server_folder: Path) -> Iterator[Path]:
    """In memory where there is room: what comes and goes by the hundred, and never syncs, needs no disk."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < ROOM_IN_MEMORY:
        yield server_folder
        return
    folder = Path(tempfile.mkdtemp(prefix="dataops-", dir=memory))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def start_primary(server_folder: Path, fast_folder: Path) -> Iterator[Callable[..., DatabaseServer]]:
    """Start further primaries: ``start_primary("archiving", {"archive_mode": "on"})``."""
    started: list[Cluster] = []

    def start(
        name: str, settings: Mapping[str, str] | None = None, *, in_memory: bool = False
    ) -> DatabaseServer:
        folder = (fast_folder if in_memory else server_folder) / f"{name}-{secrets.token_hex(3)}"
        cluster = Cluster(folder, free_port(), secrets.token_hex(8), {**FAST, **(settings or {})})
        cluster.initialise()
        started.append(cluster)
        cluster.start()
        return DatabaseServer(cluster, f"test_{name}")

    yield start
    for cluster in started:
        cluster.stop("immediate")


@pytest.fixture(scope="session")
def start_standby(server_folder: Path) -> Iterator[Callable[..., DatabaseServer]]:
    """Start a streaming standby of a primary that a test owns: ``start_standby(primary, "replica")``."""
    started: list[Cluster] = []

    def start(
        primary: DatabaseServer, name: str = "standby", settings: Mapping[str, str] | None = None
    ) -> DatabaseServer:
        suffix = secrets.token_hex(3)
        folder = server_folder / f"{name}-{suffix}"
        cluster = Cluster(folder, free_port(), primary.cluster.password, {**FAST, **(settings or {})})
        cluster.clone(primary.cluster, slot=f"standby_{suffix}")
        started.append(cluster)
        cluster.start()
        return DatabaseServer(cluster, f"test_{name}")

    yield start
    for cluster in started:
        cluster.stop("immediate")


@pytest.fixture(scope="session")
def primary(start_primary: Callable[..., DatabaseServer]) -> DatabaseServer:
    """The session's throwaway PostgreSQL server; isolate a test by a database of its own."""
    return start_primary("primary", in_memory=True)


@pytest.fixture(scope="session")
def standby(primary: DatabaseServer, start_standby: Callable[..., DatabaseServer]) -> DatabaseServer:
    """A streaming standby of ``primary``."""
    return start_standby(primary)


@pytest.fixture(scope="session")
def object_store_server(server_folder: Path) -> Iterator[ObjectStoreServer]:
    """The session's throwaway S3 store; isolate a test by a bucket of its own."""
    users = (
        Credentials("admin", secrets.token_hex(8), secrets.token_hex(16)),
        Credentials("reader", secrets.token_hex(8), secrets.token_hex(16), ("Read", "List")),
    )
    server = StoreServer(server_folder / "store", choose_ports(), users)
    process = server.start()
    yield ObjectStoreServer(server)
    children.stop(process, seconds=1)
    server.clear_leftovers()
