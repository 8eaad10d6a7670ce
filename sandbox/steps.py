"""The steps of ``up``: what depends on what, how a service is prepared, and when it is ready."""

from __future__ import annotations

import hashlib
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version

from sandbox import os_user
from sandbox.airflow_server import SERVICES
from sandbox.errors import Missing, ServiceFailed
from sandbox.home import REPOSITORY, Home
from sandbox.kafka.broker import Broker
from sandbox.platform import BUCKET, LOCK_DAYS, NAME, REPLICA_BUCKET, SLOT, SandboxPlatform
from sandbox.ports import answers
from sandbox.postgresql import Cluster
from sandbox.supervision import Program

FLIGHTS = "flights"


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Step:
    """Something to do, or a service to start, once what it needs is ready."""

    name: str
    needs: tuple[str, ...] = ()
    prepare: Callable[[], None] = _nothing
    program: Program | None = None
    ready: Callable[[float], bool] = field(default=lambda since: True)
    """Asked with the time of the program's start (seconds of the epoch)."""
    after: Callable[[], None] = _nothing
    seconds: float = 60


class Steps:
    """All steps of one sandbox."""

    def __init__(self, platform: SandboxPlatform) -> None:
        self.platform = platform

    @property
    def home(self) -> Home:
        """The sandbox's folder."""
        return self.platform.home

    def all(self) -> list[Step]:
        """Every step, in no particular order."""
        return [
            self._store(),
            *self._database_servers(),
            Step("archive", ("pgbackrest", "primary", "standby", "store"), prepare=self._begin_to_archive),
            self._backrest(),
            Step(FLIGHTS, ("primary",), prepare=self._load_flights),
            self._route(),
            *self._guard(),
            *self._kafka(),
            *self._airflow(),
        ]

    def _store(self) -> Step:
        store = self.platform.store

        def buckets() -> None:
            store.create_bucket(BUCKET, lock_days=LOCK_DAYS)
            store.create_bucket(REPLICA_BUCKET, lock_days=LOCK_DAYS)

        # SeaweedFS waits 15 s for its own connection to itself; it loses nothing when killed.
        program = Program("store", store.command, stop_seconds=3)
        return Step("store", (), store.configure, program, lambda since: store.is_ready(), buckets)

    def _database_servers(self) -> list[Step]:
        primary, standby, metadata = self.platform.primary, self.platform.standby, self.platform.metadata

        def clone() -> None:
            if not standby.exists:
                standby.clone(primary, slot=SLOT)
            _prepare(standby)
            self._write_log("standby", standby)

        def make() -> None:
            _prepare(primary)
            self._write_log("primary", primary)

        return [
            # With the store first, so that the archiver never fails while everything starts.
            _served("primary", primary, ("store",), make),
            _served("standby", standby, ("primary",), clone),
            _served("metadata", metadata, (), lambda: _prepare(metadata)),
        ]

    def _write_log(self, name: str, cluster: Cluster) -> None:
        """What the server writes itself stands under the name of the service, like every other log."""
        os_user.own_folder(cluster.log.parent)
        if not cluster.log.exists():
            os_user.own_file(cluster.log, "")
        link = self.home.log(name)
        if not link.is_symlink():
            link.unlink(missing_ok=True)
            link.symlink_to(cluster.log)

    def _begin_to_archive(self) -> None:
        if self.home.done("stanza"):
            return
        self.platform.backrest.create_stanza()
        self.home.remember("stanza")
        archiving = SandboxPlatform(self.home, self.platform.ports, self.platform.secrets)
        for cluster in (archiving.primary, archiving.standby):
            cluster.configure()
            cluster.signal(signal.SIGHUP)

    def _backrest(self) -> Step:
        backrest = self.platform.backrest
        user = os_user.database_user()
        program = Program("pgbackrest", backrest.command, user, fingerprint=backrest.fingerprint)
        return Step(
            "pgbackrest",
            (),
            lambda: backrest.configure(self.platform.store.authority),
            program,
            lambda since: answers(backrest.port),
        )

    def _load_flights(self) -> None:
        import psycopg2

        from sandbox.flights import FlightsError, load

        try:
            load(self.platform.nodes[self.platform.leader].dsn())
        except (FlightsError, psycopg2.Error) as error:
            raise ServiceFailed(f"the database could not be loaded: {error}") from error

    def _route(self) -> Step:
        proxy = self.platform.route
        program = Program("route", proxy.command, stop_signal=signal.SIGUSR1, stop_seconds=3)
        return Step(
            "route",
            ("primary", "standby"),
            lambda: proxy.configure(leads_to=self.platform.leader),
            program,
            lambda since: answers(proxy.port),
        )

    def _guard(self) -> list[Step]:
        """What heals or fences when a failover test's coordinator dies, and where its pages arrive."""
        port = self.platform.ports["pager"]
        pager = Program("pager", [sys.executable, str(REPOSITORY / "sandbox" / "pager.py"), str(port)])
        guard = Program(
            "guard",
            [sys.executable, "-m", "dataops.cli", "failover", "guard"],
            environment=self.home.environment,
            fingerprint=self.platform.airflow.fingerprint,
        )
        return [
            Step("pager", (), program=pager, ready=lambda since: answers(port)),
            Step("guard", ("pager", "store", "primary", "standby"), program=guard, ready=self._guards),
        ]

    def _guards(self, since: float) -> bool:
        """Whether a guard has given a sign of life since that time."""
        from dataops.failover.guard import heartbeat
        from dataops.store import ObjectStore

        store = ObjectStore.from_connection(self.platform.store.connection(), BUCKET)
        return any(beat.at.timestamp() > since for beat in heartbeat.alive(store, NAME))

    def _kafka(self) -> list[Step]:
        try:
            kafka: Broker = self.platform.kafka()
        except Missing:
            return []
        program = Program("kafka", kafka.command)
        return [Step("kafka", (), kafka.prepare, program, lambda since: kafka.is_ready())]

    def _airflow(self) -> list[Step]:
        airflow = self.platform.airflow
        services = []
        for service in SERVICES:
            program = Program(
                service,
                airflow.command(service),
                stop_seconds=10,
                environment=airflow.environment,
                fingerprint=airflow.fingerprint,
            )
            # The scheduler at once runs what was due already: its subjects must be there, and the API
            # server that its tasks talk to.
            needs = (FLIGHTS, "archive", "api-server") if service == "scheduler" else ()
            ready = partial(airflow.is_ready, service)
            services.append(
                Step(service, ("airflow-database", *needs), program=program, ready=ready, seconds=180)
            )
        return [Step("airflow-database", ("metadata",), self._migrate), *services]

    def _migrate(self) -> None:
        airflow, metadata = self.platform.airflow, self.platform.metadata
        airflow.configure()
        pools = airflow.pools.read_bytes() if airflow.pools.exists() else b""
        fingerprint = hashlib.sha256(version("apache-airflow").encode() + pools).hexdigest()
        if self.home.done("airflow-database", fingerprint):
            return
        if not metadata.execute("SELECT 1 FROM pg_database WHERE datname = 'airflow'"):
            metadata.execute("CREATE DATABASE airflow")
        airflow.migrate()
        self.home.remember("airflow-database", fingerprint)


def _prepare(cluster: Cluster) -> None:
    if not cluster.exists:
        cluster.initialise()
    # One that nobody supervises: its supervisor was killed.
    cluster.stop("fast", seconds=15)
    cluster.configure()


def _served(name: str, cluster: Cluster, needs: tuple[str, ...], prepare: Callable[[], None]) -> Step:
    program = Program(name, cluster.command, os_user.database_user(), signal.SIGINT)
    return Step(name, needs, prepare, program, lambda since: cluster.is_ready())
