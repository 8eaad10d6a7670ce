"""A cell: one primary with its standbys, the clients' route, and a platform that knows how to fail it over.

Every node has a loopback address of its own and all have the same port, as hosts would; PostgreSQL runs as
a daemon of its own OS user, started by ``pg_ctl``, so that nothing but the code under test holds it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg2
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
from dataops.store import ObjectStore

from sandbox import children, os_user
from sandbox.deadline import wait_until
from sandbox.pgbackrest import BackRest
from sandbox.ports import HOSTNAME, answers
from sandbox.postgresql import Cluster, programs
from tests.conftest import ObjectStoreServer
from tests.integration.backup import published
from tests.integration.failover.keeper import Keeper
from tests.integration.failover.shape import DATABASE, ENVIRONMENT, SCRIPT, SERVER, Shape

__all__ = ["DATABASE", "ENVIRONMENT", "RED", "SCRIPT", "SERVER", "Cell", "Shape"]

RED = {Verdict.FAILED, Verdict.INCONCLUSIVE}


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
    keeper: Keeper | None = None
    mounts: list[Path] = field(default_factory=list)

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

    def write_database(self) -> Path:
        """The file of its database."""
        fields = {"database": DATABASE, "server": SERVER, "owner": "shop-team"}
        return _write_yaml(self.include / "databases" / f"{DATABASE}.yaml", fields)

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
            pg_ctl = [programs() / "pg_ctl", "-D", cluster.data, "-l", log, "-w", "-t", "30", "-s"]
            os_user.run([*pg_ctl, "start"])
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

    def close(self) -> None:
        """End every process of the cell and remove its files."""
        for name in self.clusters:
            for pid in self.processes(name):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self.keeper:
            self.keeper.close()
        for folder in reversed(self.mounts):
            subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


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
