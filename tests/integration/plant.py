"""A server as in production: archiving to two buckets, a standby, pgBackRest's own TLS server beside it."""

from __future__ import annotations

import secrets
import shutil
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from dataops.backup.physical import Physical
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.steps import StepReport
from dataops.inventory import Inventory, Server
from dataops.platform import Platform
from dataops.store import new_identity

from sandbox import children, os_user
from sandbox.deadline import wait_until
from sandbox.pgbackrest import BackRest
from sandbox.ports import answers, free_port
from sandbox.postgresql import Cluster
from tests.conftest import DatabaseServer, ObjectStoreServer

PASSPHRASE = "canary-passphrase-" + secrets.token_hex(8)
UNUSUAL = "it's 100% Größe/a=b"
"""A database whose name means something to shells, URLs, connection strings and object keys."""
HMAC_KEY = secrets.token_hex(32)


@dataclass
class Site:
    """The server ``plant`` of the inventory, with everything that its backups need."""

    store: ObjectStoreServer
    backrest: BackRest
    primary: DatabaseServer
    standby: DatabaseServer
    identity: str
    recipients: list[str]
    _processes: list[Any] = field(default_factory=list)

    @property
    def bucket(self) -> str:
        return self.backrest.buckets[0]

    @property
    def replica_bucket(self) -> str:
        return self.backrest.buckets[1]

    def server(self, **changes: Any) -> Server:
        """The server's entry in the inventory."""
        return Server.model_validate({
            "server": "plant",
            "environment": "test",
            "connection": "plant_primary",
            "standby": "plant_standby",
            "owner": "dba",
            **changes,
        })

    @property
    def connections(self) -> dict[str, Connection]:
        return {
            "plant_primary": replace(self.primary.connection, id="plant_primary"),
            "plant_standby": replace(self.standby.connection, id="plant_standby"),
            "dataops_store": self.store.connection("dataops_store"),
            "dataops_replica": self.store.connection("dataops_replica"),
            "dataops_encryption": Connection(
                id="dataops_encryption",
                type="generic",
                password=HMAC_KEY,
                extra={"recipients": self.recipients},
            ),
            "dataops_decryption": Connection(id="dataops_decryption", type="generic", password=self.identity),
            "plant_pgbackrest": Connection(
                id="plant_pgbackrest",
                type="generic",
                host="localhost",
                port=self.backrest.port,
                password=self.backrest.passphrase,
                extra=self.backrest.access(self.store.server.authority),
            ),
        }

    def platform(self, server: Server | None = None, **changes: Connection | None) -> Platform:
        """The platform, with some connections replaced, or taken away by None."""
        known = {**self.connections, **changes}

        def resolve(connection_id: str) -> Connection:
            found = known.get(connection_id)
            if found is None:
                raise ConfigurationError(f"Connection {connection_id!r} does not exist.")
            return found

        return Platform("test", Inventory(servers=(server or self.server(),)), resolve)

    def keys(self, prefix: str, *, bucket: str | None = None) -> list[str]:
        """The keys of the objects under a prefix."""
        pages = self.store.client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket or self.bucket, Prefix=prefix
        )
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    @contextmanager
    def damaged(self, key: str, change: Callable[[bytes], bytes] | None) -> Generator[None]:
        """An object with other bytes, or gone, as long as the block lasts."""
        client = self.store.client
        whole = client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        if change is None:
            client.delete_object(Bucket=self.bucket, Key=key)
        else:
            client.put_object(Bucket=self.bucket, Key=key, Body=change(whole))
        try:
            yield
        finally:
            client.put_object(Bucket=self.bucket, Key=key, Body=whole)

    def serve(self) -> None:
        """Start ``pgbackrest server`` as PostgreSQL's own user."""
        process = children.start(
            self.backrest.command,
            log=self.backrest.folder.parent / "tls-server.log",
            at_parents_death=signal.SIGTERM,
            switch=os_user.switch(),
        )
        self._processes.append(process)
        assert wait_until(lambda: answers(self.backrest.port), seconds=10)

    def close(self) -> None:
        for process in self._processes:
            children.stop(process, seconds=3)


def build_site(folder: Path, store: ObjectStoreServer, **settings: str) -> Site:
    """The files of a site in a folder; nothing runs yet."""
    cluster = Cluster(folder / "primary", free_port(), secrets.token_hex(8))
    backrest = BackRest(
        folder=folder / "pgbackrest",
        stanza="plant",
        port=free_port(),
        cluster=cluster,
        store=store.server,
        user=store.admin,
        buckets=(store.bucket(), store.bucket()),
        passphrase=PASSPHRASE,
    )
    archiving = {
        "archive_mode": "on",
        "archive_command": backrest.archive_command(cluster),
        "archive_timeout": "60",
        "fsync": "off",
        "shared_buffers": "32MB",
        "autovacuum": "off",
        **settings,
    }
    cluster = replace(cluster, settings=archiving)
    backrest = replace(backrest, cluster=cluster)
    cluster.initialise()
    backrest.configure(store.server.authority)
    identity, recipient = new_identity()
    primary = DatabaseServer(cluster, "plant_primary")
    return Site(store, backrest, primary, primary, identity, [recipient, new_identity()[1]])


@pytest.fixture(scope="session")
def site(
    server_folder: Path,
    object_store_server: ObjectStoreServer,
    start_standby: Callable[..., DatabaseServer],
) -> Iterator[Site]:
    """The session's server ``plant``: archiving, with a standby."""
    folder = server_folder / "plant"
    folder.mkdir(mode=0o711)
    made = build_site(folder, object_store_server)
    made.primary.cluster.start()
    try:
        made.standby = start_standby(made.primary, "plant-standby")
        made.serve()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATAOPS_BUCKET", made.bucket)
            patch.setenv("DATAOPS_REPLICA_BUCKET", made.replica_bucket)
            yield made
    finally:
        made.close()
        made.primary.cluster.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Run:
    """One whole run of the method: what it said, and the reports of its steps."""

    said: list[str]
    taken: StepReport
    verified: StepReport
    published: StepReport

    @property
    def backup_id(self) -> str:
        return str(self.taken.data["backup_id"])


def back_up(site: Site, **options: Any) -> Run:
    """Take, verify and publish a backup of the site."""
    said: list[str] = []
    job = Job(site.platform(), site.server(), said.append, options)
    taken = Physical().take(job)
    verified = Physical().verify(job, taken)
    return Run(said, taken, verified, Physical().publish(job, taken, verified))


@pytest.fixture(scope="session")
def full(site: Site) -> Run:
    """The first backup of the site, whose primary is written to all the time."""
    site.primary.execute(
        "CREATE TABLE things AS SELECT g AS id, 'thing ' || g AS name FROM generate_series(1, 5000) g"
    )
    site.primary.execute(f'CREATE DATABASE "{UNUSUAL}"')
    site.primary.execute("CREATE TABLE \"Größe\" AS SELECT 'ü' AS x", dbname=UNUSUAL)
    for setting in ("search_path = evil, pg_catalog", "default_transaction_read_only = on"):
        site.primary.execute(f'ALTER DATABASE "{UNUSUAL}" SET {setting}')
    with writing(site), pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAOPS_BUCKET", site.bucket)
        patch.setenv("DATAOPS_REPLICA_BUCKET", site.replica_bucket)
        return back_up(site, type="full")


@contextmanager
def writing(site: Site) -> Generator[None]:
    """Commits on the primary, one after the other, as long as the block lasts."""
    site.primary.execute(
        "CREATE TABLE IF NOT EXISTS pulse (id serial, at timestamptz DEFAULT clock_timestamp())"
    )
    ending = threading.Event()

    def write() -> None:
        with closing(psycopg2.connect(site.primary.dsn())) as session, session.cursor() as cursor:
            while not ending.wait(0.01):
                cursor.execute("INSERT INTO pulse DEFAULT VALUES")
                session.commit()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
