"""A cell: one primary with its standbys, the clients' route, and a platform that knows how to fail it over.

Every node has a loopback address of its own and all have the same port, as hosts would; PostgreSQL runs as
a daemon of its own OS user, started by ``pg_ctl``, so that nothing but the code under test holds it.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.backup.physical import Physical
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Verdict
from dataops.inventory import load
from dataops.platform import Platform
from dataops.store import ObjectStore, new_identity

from sandbox import children, os_user
from sandbox.deadline import wait_until
from sandbox.pgbackrest import WORKER, BackRest
from sandbox.ports import HOSTNAME, LOOPBACK, answers, free_port, free_ports
from sandbox.postgresql import SUPERUSER, Cluster, programs
from tests.conftest import FAST, ObjectStoreServer
from tests.integration.backup import published
from tests.integration.failover.keeper import Keeper

NAMES = ("alpha", "beta", "gamma")
"""Names of the nodes; ``alpha`` begins as the primary."""
RED = {Verdict.FAILED, Verdict.INCONCLUSIVE}
SERVER, DATABASE, ENVIRONMENT = "cell", "shop", "test"
SCRIPT = """
CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL, balance numeric(12,2) NOT NULL);
INSERT INTO accounts SELECT g, 'owner ' || g, g * 10 FROM generate_series(1, 1000) AS g;
CREATE TABLE orders (id bigserial PRIMARY KEY, account int NOT NULL REFERENCES accounts, amount numeric);
INSERT INTO orders (account, amount) SELECT 1 + g % 1000, g FROM generate_series(1, 2000) AS g;
"""
QUICK = {
    **FAST,
    "wal_level": "logical",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "wal_keep_size": "64MB",
    "checkpoint_timeout": "30min",
    "wal_receiver_status_interval": "1s",
    "shared_preload_libraries": "",
}


@dataclass(frozen=True)
class Shape:
    """What a cell is made of. Sizes are MB; 0 is no file system of its own."""

    standbys: int = 1
    route: str = "haproxy"
    synchronous: bool = False
    checksums: bool = True
    hints: bool = True
    """``wal_log_hints``: without it and without checksums, nothing can be rewound."""
    archive: bool = False
    """pgBackRest with a repository in each of both buckets, its TLS server, and archiving on every node."""
    wal_disk_mb: int = 0
    """A file system of its own for the primary's WAL."""
    standby_disk_mb: int = 0
    """A file system of its own for the first standby."""
    segment_mb: int = 16
    proven: bool = True
    """Whether the catalog holds a backup that a drill has proven."""
    settings: Mapping[str, str] = field(default_factory=dict)
    server: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the server's YAML; ``failover`` is merged into the cell's own."""


@dataclass
class Cell:
    """The server ``cell`` of the environment ``test``, with its database ``shop``."""

    folder: Path
    shape: Shape
    store_server: ObjectStoreServer
    bucket: str
    replica_bucket: str
    clusters: dict[str, Cluster]
    ports: dict[str, int]
    connections: dict[str, Connection] = field(default_factory=dict)
    backrest: BackRest | None = None
    _keeper: Keeper | None = None
    _mounts: list[Path] = field(default_factory=list)

    # What capabilities are given.

    @property
    def include(self) -> Path:
        """The folder of the inventory."""
        return self.folder / "include"

    @cached_property
    def platform(self) -> Platform:
        """The platform, as the files say now; it resolves through ``connections``, which may change."""
        return Platform(ENVIRONMENT, load(self.include, ENVIRONMENT), self._resolve)

    def _resolve(self, connection_id: str) -> Connection:
        if connection_id not in self.connections:
            raise ConfigurationError(f"Connection {connection_id!r} does not exist.")
        return self.connections[connection_id]

    @property
    def store(self) -> ObjectStore:
        """The bucket, to look behind what was done."""
        return ObjectStore.from_connection(self.connections["dataops_store"], self.bucket)

    @property
    def replica(self) -> ObjectStore:
        """The other region's bucket."""
        return ObjectStore.from_connection(self.connections["dataops_replica"], self.replica_bucket)

    def environment(self) -> dict[str, str]:
        """The whole environment of a process that works on this cell."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder),
            "PYTHONPATH": os.pathsep.join(["plugins", "."]),
            "DATAOPS_ENVIRONMENT": ENVIRONMENT,
            "DATAOPS_INCLUDE": str(self.include),
            "DATAOPS_BUCKET": self.bucket,
            "DATAOPS_REPLICA_BUCKET": self.replica_bucket,
            "DATAOPS_SPOOL": str(self.folder / "spool"),
            **{f"AIRFLOW_CONN_{name.upper()}": _as_json(each) for name, each in self.connections.items()},
        }

    def write_scenario(self, name: str = "crash", **fields: Any) -> Path:
        """The file of a scenario: a crash that nobody needs to approve, unless told otherwise."""
        wanted = {
            "scenario": name,
            "database": DATABASE,
            "mode": "crash",
            "approval": {"required": False},
            "expectations": False,
            "load": {"sessions": 2, "rate": 50, "steady": "1s"},
            **fields,
        }
        return _write_yaml(self.include / "failover" / f"{name}.yaml", wanted)

    def write_server(self, **changes: Any) -> Path:
        """The file of the server; ``failover`` in the changes is merged into the cell's own."""
        self.__dict__.pop("platform", None)
        failover = {
            "nodes": {
                name: {"connection": f"cell_{name}", "host": f"cell_{name}_host"} for name in self.clusters
            },
            "route": self._route(),
            "one_machine": True,
            **changes.pop("failover", {}),
        }
        fields = {
            "server": SERVER,
            "environment": ENVIRONMENT,
            # Backups go where the clients go, so that they go on after a failover.
            "connection": "cell_route" if self.backrest else "cell_alpha",
            "standby": "cell_beta",
            "owner": "dba",
            "failover": failover,
            # pgBackRest's own server has one certificate for the one machine that all nodes share.
            **({"hosts": {"primary": HOSTNAME, "standby": HOSTNAME}} if self.backrest else {}),
            **changes,
        }
        return _write_yaml(self.include / "servers" / f"{SERVER}.yaml", fields)

    def _route(self) -> dict[str, Any]:
        if self.shape.route == "libpq":
            return {"kind": "libpq", "connection": "cell_route"}
        proxy = {"control": "cell_haproxy", "backend": "primary"}
        return {"kind": "haproxy", "connection": "cell_route", **proxy}

    def prove(self) -> None:
        """Lay a physical backup of the server into the catalog, and what a passed drill leaves about it."""
        identifier = self.execute("alpha", "SELECT system_identifier::text FROM pg_control_system()")[0][0]
        header = Header.model_validate({
            **published.header(SERVER).model_dump(),
            **{"kind": "server", "method": "physical", "environment": ENVIRONMENT, "server": SERVER},
            "consistency": Consistency.BEST_KNOWN,
            "encryption": Encryption(scheme="pgbackrest"),
            "system_identifier": identifier,
        })
        published.prove(self.store, SERVER, published.publish(self.store, header))

    @contextmanager
    def guard(self, *arguments: str) -> Generator[subprocess.Popen[bytes]]:
        """``dataops failover guard`` as a service, until the block ends; its log is ``guard.log``."""
        with (self.folder / "guard.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dataops.cli", "failover", "guard", *arguments],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            children.stop(process, seconds=5)

    # What a test does to the servers, and sees of them.

    def cluster(self, node: str) -> Cluster:
        """The node's server."""
        return self.clusters[node]

    def dsn(self, node: str, dbname: str = DATABASE) -> str:
        """A libpq URI straight to the node, as superuser."""
        return self.clusters[node].dsn(dbname)

    def execute(
        self, node: str, statement: str, *values: object, dbname: str = DATABASE
    ) -> list[tuple[Any, ...]]:
        """Run one statement on a node as superuser, outside of any transaction, and give its rows."""
        return self.clusters[node].execute(statement, *values, dbname=dbname)

    def primaries(self) -> list[str]:
        """The nodes that take writes now."""
        return [name for name, cluster in self.clusters.items() if _is_primary(cluster)]

    @property
    def primary(self) -> str:
        """The one node that takes writes; fails where there are none or several."""
        (name,) = self.primaries()
        return name

    @property
    def system_identifier(self) -> str:
        """Of the data directories, read from the files: no node needs to run."""
        seen = os_user.run([programs() / "pg_controldata", "-D", self.clusters["alpha"].data])
        return next(line.split()[-1] for line in seen.splitlines() if "system identifier" in line)

    def processes(self, node: str) -> list[int]:
        """The living processes of this node's data directory, zombies left out."""
        data = str(self.clusters[node].data)
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if str((entry / "cwd").readlink()) == data:
                    found.append(int(entry.name))
        return found

    def start(self, node: str) -> None:
        """Start a node as its host would after a boot."""
        cluster = self.clusters[node]
        log = cluster.folder / "log"
        left = cluster.data / "postmaster.pid"
        before = Path("/proc") / left.read_text().split()[0] if left.exists() else None
        if before and not self.processes(node):  # a boot would have buried it
            assert wait_until(lambda: not before.exists(), seconds=20, interval=0.02)
        try:
            os_user.run([
                programs() / "pg_ctl",
                "-D",
                cluster.data,
                "-l",
                log,
                "-w",
                "-t",
                "30",
                "-s",
                "start",
            ])
        except Exception as error:
            error.add_note(log.read_text()[-1500:] if log.exists() else "no log")
            raise

    def kill(self, node: str) -> None:
        """SIGKILL the node's whole tree, as a loss of power would, and wait until nothing of it is left.

        Not even a zombie: PostgreSQL would take its own pid file for that of a living server.
        """
        killed = self.processes(node)

        def gone() -> bool:
            for pid in self.processes(node):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not self.processes(node)

        assert wait_until(gone, seconds=20, interval=0.005), f"{node} cannot be killed"
        reaped = wait_until(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in killed), seconds=20, interval=0.02
        )
        assert reaped, f"{node} was killed, and nobody reaps it"

    def caught_up(self, standby: str = "beta", *, seconds: float = 20) -> bool:
        """Whether the standby replays, within the deadline, what its primary has written by now."""
        lsn = self.execute(self.primary, "SELECT pg_current_wal_lsn()")[0][0]
        asked = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
        return wait_until(
            lambda: bool(self.execute(standby, asked, lsn)[0][0]), seconds=seconds, interval=0.02
        )

    # Making and unmaking.

    def build(self) -> None:
        """Make and start everything."""
        self._keeper = Keeper(self.folder)
        self._make_primary()
        for name in list(self.clusters)[1:]:
            self._make_standby(name)
        self._connect()
        self.write_server(**self.shape.server)
        _write_yaml(
            self.include / "databases" / f"{DATABASE}.yaml",
            {"database": DATABASE, "server": SERVER, "owner": "shop-team"},
        )
        (self.include / "failover").mkdir(exist_ok=True)
        if self.shape.route == "haproxy":
            self._start_haproxy()
        if self.shape.proven:
            self.prove()

    def _make_primary(self) -> None:
        cluster = self.clusters["alpha"]
        cluster.initialise()
        if not self.shape.checksums:
            os_user.run([programs() / "pg_checksums", "--disable", "--no-sync", "-D", cluster.data])
        if self.shape.segment_mb != 16:
            resize = ("pg_resetwal", f"--wal-segsize={self.shape.segment_mb}", "-D", cluster.data)
            os_user.run([programs() / resize[0], *resize[1:]])
        if self.shape.wal_disk_mb:
            self._own_disk(cluster.data / "pg_wal", self.shape.wal_disk_mb)
        if self.backrest:
            self.backrest.configure(self.store_server.server.authority)
        self.start("alpha")
        self.execute("alpha", f"CREATE DATABASE {DATABASE}", dbname="postgres")
        with closing(psycopg2.connect(self.dsn("alpha"))) as session, session, session.cursor() as cursor:
            cursor.execute(SCRIPT)

    def _make_standby(self, name: str) -> None:
        cluster, primary = self.clusters[name], self.clusters["alpha"]
        if self.shape.standby_disk_mb and name == "beta":
            self._own_disk(cluster.folder.parent, self.shape.standby_disk_mb, mode=0o711)
        cluster.clone(primary, slot=name)
        self.start(name)
        assert wait_until(lambda: self._streams(name), seconds=20, interval=0.02)
        if self.shape.synchronous and name == "beta":
            self.execute("alpha", "ALTER SYSTEM SET synchronous_standby_names = 'beta'")
            self.execute("alpha", "SELECT pg_reload_conf()")
            state = "SELECT sync_state FROM pg_stat_replication"
            assert wait_until(lambda: self.execute("alpha", state) == [("sync",)], seconds=10, interval=0.02)

    def _streams(self, name: str) -> bool:
        return self.execute(name, "SELECT status FROM pg_stat_wal_receiver") == [("streaming",)]

    def _own_disk(self, folder: Path, megabytes: int, *, mode: int = 0o700) -> None:
        """A small file system in the place of a folder, with what the folder holds."""
        aside = folder.with_name(folder.name + ".aside")
        if folder.exists():
            folder.rename(aside)
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip(
                "A small disk needs the right to mount a file system, which this machine does not give."
            )
        self._mounts.append(folder)
        os_user.own_folder(folder).chmod(mode)
        if aside.exists():
            subprocess.run(["cp", "-a", f"{aside}/.", str(folder)], check=True)
            shutil.rmtree(aside)

    def _connect(self) -> None:
        """The connections that the platform's own would be."""
        identity, recipient = new_identity()
        store = self.store_server
        known = [
            store.connection("dataops_store"),
            store.connection("dataops_replica"),
            Connection(
                "dataops_encryption",
                "generic",
                password=secrets.token_hex(32),
                extra={"recipients": [recipient, new_identity()[1]]},
            ),
            Connection("dataops_decryption", "generic", password=identity),
            self._targets(),
            *(self._node(name) for name in self.clusters),
            *(self._host(name) for name in self.clusters),
            *self._route_connections(),
        ]
        if self.backrest:
            known.append(self._backrest_connection(self.backrest))
        self.connections.update({each.id: each for each in known})

    def _targets(self) -> Connection:
        hosts = [LOOPBACK, *(cluster.address for cluster in self.clusters.values())]
        allowed = {self.system_identifier: {"environment": ENVIRONMENT, "hosts": hosts}}
        return Connection("failover_targets", "generic", extra=allowed)

    def _node(self, name: str) -> Connection:
        cluster = self.clusters[name]
        login = {"login": SUPERUSER, "password": cluster.password, "schema": "postgres"}
        return Connection(f"cell_{name}", "postgres", host=cluster.address, port=cluster.port, **login)

    def _host(self, name: str) -> Connection:
        cluster = self.clusters[name]
        extra = {
            "user": os_user.database_user(),
            "data": str(cluster.data),
            "bin": str(programs()),
            "log": str(cluster.folder / "log"),
            "address": cluster.address,
        }
        return Connection(f"cell_{name}_host", "local", host=cluster.address, extra=extra)

    def _route_connections(self) -> list[Connection]:
        first = self.clusters["alpha"]
        login = {"login": SUPERUSER, "password": first.password, "schema": DATABASE}
        if self.shape.route == "libpq":
            hosts = ",".join(cluster.address for cluster in self.clusters.values())
            wish = {"target_session_attrs": "read-write", "connect_timeout": "2"}
            return [Connection("cell_route", "postgres", host=hosts, port=first.port, extra=wish, **login)]
        return [
            Connection("cell_route", "postgres", host=LOOPBACK, port=self.ports["route"], **login),
            Connection("cell_haproxy", "generic", host=LOOPBACK, port=self.ports["control"]),
        ]

    def _backrest_connection(self, backrest: BackRest) -> Connection:
        worker = self.store_server.server.authority.issue(WORKER)
        extra = {
            "cert_file": str(worker.cert_file),
            "key_file": str(worker.key_file),
            "ca_file": str(self.store_server.ca_file),
            "user": os_user.database_user(),
        }
        place = {"host": HOSTNAME, "port": backrest.port, "password": backrest.passphrase}
        return Connection(f"{SERVER}_pgbackrest", "generic", extra=extra, **place)  # type: ignore[arg-type]

    def back_up(self, *, verify: bool = True) -> str:
        """Take and publish a full physical backup in both buckets; its id.

        Without ``verify`` it is not read back, which takes pgBackRest longer than all the rest.
        """
        job = Job(self.platform, self.platform.inventory.subject(SERVER), lambda line: None, {"type": "full"})
        taken = Physical().take(job)
        verified = Physical().verify(job, taken) if verify else _unread(self.platform.store, taken)
        done = Physical().publish(job, taken, verified)
        red = [check for check in (*taken.checks, *verified.checks, *done.checks) if check.verdict in RED]
        assert not red, red
        return str(done.data["backup_id"])

    def serve_backups(self) -> None:
        """Start ``pgbackrest server``, by which workers back up and restore."""
        assert self.backrest
        children.start(
            self.backrest.command,
            log=self.folder / "pgbackrest.log",
            at_parents_death=signal.SIGTERM,
            switch=os_user.switch(),
        )
        port = self.backrest.port
        assert wait_until(lambda: answers(port), seconds=10)

    def _start_haproxy(self) -> None:
        """A TCP proxy whose only word on who is primary is what it is told."""
        servers = "".join(
            f"  server {name} {cluster.address}:{cluster.port}{'' if name == 'alpha' else ' disabled'}\n"
            for name, cluster in self.clusters.items()
        )
        config = self.folder / "haproxy.cfg"
        config.write_text(
            "global\n"
            f"  stats socket ipv4@{LOOPBACK}:{self.ports['control']} level admin\n"
            "  maxconn 500\n"
            "defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n"
            "  retries 0\n"
            f"frontend clients\n  bind {LOOPBACK}:{self.ports['route']}\n  default_backend primary\n"
            f"backend primary\n{servers}"
        )
        children.start(
            [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", str(config)],
            log=self.folder / "haproxy.log",
            at_parents_death=signal.SIGTERM,
        )
        assert wait_until(lambda: answers(self.ports["route"]), seconds=10), (
            self.folder / "haproxy.log"
        ).read_text()

    def close(self) -> None:
        """End every process of the cell and remove its files."""
        for name in self.clusters:
            for pid in self.processes(name):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self._keeper:
            self._keeper.close()
        for folder in reversed(self._mounts):
            subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def prepare(parent: Path, store: ObjectStoreServer, shape: Shape) -> Cell:
    """A cell in a new folder of ``parent``; nothing runs yet."""
    folder = parent / f"cell-{secrets.token_hex(3)}"
    folder.mkdir(mode=0o711)
    names = NAMES[: 1 + shape.standbys]
    network = f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(250) + 2}"
    port, password = free_port(), secrets.token_hex(8)
    settings = {**QUICK, "wal_log_hints": "on" if shape.hints else "off", **shape.settings}
    disks = {"beta": folder / "disk"} if shape.standby_disk_mb else {}
    clusters = {
        name: Cluster(disks.get(name, folder) / name, port, password, settings, address=f"{network}.{number}")
        for number, name in enumerate(names, 11)
    }
    buckets = (store.bucket(lock=False), store.bucket(lock=False))
    ports = free_ports(["route", "control"])
    cell = Cell(folder, shape, store, *buckets, clusters=clusters, ports=ports)
    if shape.archive:
        _archiving(cell)
    for name in names:
        # Whoever is a standby one day follows the one that was primary before it.
        upstream = clusters["beta" if name == "alpha" and shape.standbys else "alpha"]
        cell.clusters[name] = _following(cell.clusters[name], upstream, name)
    return cell


def _following(cluster: Cluster, upstream: Cluster, name: str) -> Cluster:
    """The cluster with the settings to stream from another, under its own name and with its own slot."""
    follows = cluster.following(upstream, slot=name)
    conninfo = follows.settings["primary_conninfo"].replace("=standby", f"={name}")
    return replace(follows, settings={**follows.settings, "primary_conninfo": conninfo})


def _archiving(cell: Cell) -> None:
    backrest = BackRest(
        folder=cell.folder / "pgbackrest",
        stanza=SERVER,
        port=free_port(),
        cluster=cell.clusters["alpha"],
        store=cell.store_server.server,
        user=cell.store_server.admin,
        buckets=(cell.bucket, cell.replica_bucket),
        passphrase="cell-passphrase-" + secrets.token_hex(8),
    )
    for name, cluster in cell.clusters.items():
        archive = {
            "archive_mode": "on",
            "archive_command": backrest.archive_command(cluster),
            "archive_timeout": "1",
        }
        cell.clusters[name] = replace(cluster, settings={**cluster.settings, **archive})
    cell.backrest = replace(backrest, cluster=cell.clusters["alpha"])


def _unread(store: ObjectStore, taken: StepReport) -> StepReport:
    """What a verification leaves, of one that did not happen."""
    folder = f"backups/{SERVER}/{taken.data['backup_id']}/"
    draft = store.get(f"{folder}draft.json")
    kept = store.put(f"{folder}verified.json", draft)
    check = Check(name="read back", verdict=Verdict.PASSED, observed="not in this test")
    told = {"backup_id": taken.data["backup_id"], "draft_sha256": kept.sha256}
    return taken.model_copy(update={"step": "verify", "checks": (check,), "data": told})


def _is_primary(cluster: Cluster) -> bool:
    with (
        suppress(psycopg2.Error),
        closing(psycopg2.connect(cluster.dsn(), connect_timeout=2)) as session,
        session.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_is_in_recovery()")
        return cursor.fetchone() == (False,)
    return False


def _write_yaml(path: Path, values: Mapping[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(dict(values), sort_keys=False))
    return path


def _as_json(connection: Connection) -> str:
    fields = {
        "conn_type": connection.type,
        "host": connection.host,
        "port": connection.port,
        "login": connection.login,
        "password": connection.password,
        "schema": connection.schema,
        "extra": dict(connection.extra),
    }
    return json.dumps({name: value for name, value in fields.items() if value})
