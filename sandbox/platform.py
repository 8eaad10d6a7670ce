"""All servers of one sandbox and how clients reach them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from dataops.inventory.location import include_folder

from sandbox import airflow_server, object_store, os_user
from sandbox.airflow_server import AirflowServer
from sandbox.errors import Missing
from sandbox.haproxy import Proxy
from sandbox.home import Home
from sandbox.kafka import broker
from sandbox.kafka.broker import Broker
from sandbox.object_store import REGION, Credentials, StoreServer
from sandbox.pgbackrest import BackRest
from sandbox.ports import HOSTNAME, LOOPBACK
from sandbox.postgresql import SUPERUSER, Cluster, programs
from sandbox.secret import Secrets
from sandbox.supervision import Supervisor

NAME = "sandbox"
BUCKET, REPLICA_BUCKET = "dataops-sandbox", "dataops-sandbox-replica"
LOCK_DAYS = 1
SLOT = "standby"
NODES = {"alpha": "primary", "beta": "standby"}
"""The names of the nodes in the inventory, which stay, and the services that they were born as."""
PORTS = (
    *("primary", "standby", "metadata", "pgbackrest", "kafka", "kafka_controller", "route", "pager"),
    *airflow_server.PORTS,
    *(f"store_{name}" for name in object_store.PORTS),
)


@dataclass(frozen=True)
class SandboxPlatform:
    """The servers, from the folder and the ports that this sandbox has."""

    home: Home
    ports: Mapping[str, int]
    secrets: Secrets

    @cached_property
    def store(self) -> StoreServer:
        """The S3 store, with an administrator for the platform and a user for the archiver."""
        secrets = self.secrets
        archiver = ("Read", "Write", "List", "Tagging")
        users = (
            Credentials("dataops", secrets.store_access_key, secrets.store_secret_key),
            Credentials(
                "archiver",
                secrets.archive_access_key,
                secrets.archive_secret_key,
                tuple(f"{action}:{bucket}" for bucket in (BUCKET, REPLICA_BUCKET) for action in archiver),
            ),
        )
        return store_at(self.home, self.ports, users)

    @cached_property
    def primary(self) -> Cluster:
        """The server that the demo's backups are of; archives once its stanza exists."""
        return self._member("primary", "standby")

    @cached_property
    def standby(self) -> Cluster:
        """Its streaming standby."""
        return self._member("standby", "primary")

    def _member(self, name: str, other: str) -> Cluster:
        password = self.secrets.postgres_password
        upstream = Cluster(self.home.private / other, self.ports[other], password)
        plain = Cluster(self.home.private / name, self.ports[name], password).following(upstream, slot=SLOT)
        command = self._backrest(plain).archive_command(plain) if self.home.done("stanza") else ""
        archive = {"archive_mode": "on", "archive_timeout": "60s", "archive_command": command}
        return replace(plain, settings={**plain.settings, **archive, **logging(plain.log.parent)})

    @property
    def nodes(self) -> dict[str, Cluster]:
        """Both servers by the names that they keep whatever their roles are."""
        return {name: getattr(self, service) for name, service in NODES.items()}

    @property
    def leader(self) -> str:
        """The node that is primary when it is started: the one whose data directory asks for no standby."""
        found = [name for name, each in self.nodes.items() if each.exists and not has_standby_signal(each)]
        return found[0] if found else next(iter(NODES))

    @cached_property
    def route(self) -> Proxy:
        """What leads clients to the primary."""
        ports = {name: cluster.port for name, cluster in self.nodes.items()}
        return Proxy(self.home.private / "haproxy", self.ports["route"], ports)

    @cached_property
    def metadata(self) -> Cluster:
        """A small server of its own for Airflow, so that a failover test does not stop Airflow."""
        small = {"shared_buffers": "64MB", "wal_level": "replica", "max_connections": "150"}
        return Cluster(
            self.home.private / "metadata", self.ports["metadata"], self.secrets.metadata_password, small
        )

    @property
    def backrest(self) -> BackRest:
        """pgBackRest beside the primary."""
        return self._backrest(self.primary)

    def _backrest(self, cluster: Cluster) -> BackRest:
        return BackRest(
            folder=self.home.private / "pgbackrest",
            stanza=NAME,
            port=self.ports["pgbackrest"],
            cluster=cluster,
            store=self.store,
            user=self.store.users[1],
            buckets=(BUCKET, REPLICA_BUCKET),
            passphrase=self.secrets.cipher_passphrase,
        )

    def kafka(self) -> Broker:
        """The Kafka broker; ``Missing`` where none can be had."""
        broker.java()
        folder = self.home.path / "kafka"
        return Broker(folder, self.ports["kafka"], self.ports["kafka_controller"], broker.jars())

    @cached_property
    def airflow(self) -> AirflowServer:
        """Airflow."""
        return AirflowServer(
            self.home.path / "airflow", self.ports, self.metadata, self.secrets, self.airflow_variables()
        )

    def airflow_variables(self) -> dict[str, str]:
        """What the capabilities need inside Airflow: connections, buckets, the environment's name."""
        return {
            "DATAOPS_ENVIRONMENT": NAME,
            "DATAOPS_INCLUDE": str(include_folder().resolve()),
            "DATAOPS_BUCKET": BUCKET,
            "DATAOPS_REPLICA_BUCKET": REPLICA_BUCKET,
            # The buckets of every sandbox have the same names: one must not publish what another could not.
            "DATAOPS_SPOOL": str(self.home.path / "spool"),
            **{
                f"AIRFLOW_CONN_{name.upper()}": json.dumps(value)
                for name, value in self.connections().items()
            },
        }

    def connections(self) -> dict[str, dict[str, Any]]:
        """The connections by id, in Airflow's JSON form."""
        store = self.store.connection()
        bucket = {
            "conn_type": "aws",
            "login": store.login,
            "password": store.password,
            "extra": dict(store.extra),
        }
        recipients = [self.secrets.operator_recipient, self.secrets.escrow_recipient]
        return {
            "sandbox_primary": _postgres(self.primary),
            "sandbox_standby": _postgres(self.standby),
            "dataops_store": bucket,
            "dataops_replica": bucket,
            "dataops_encryption": {
                "conn_type": "generic",
                "password": self.secrets.hmac_key,
                "extra": {"recipients": recipients},
            },
            "dataops_decryption": {"conn_type": "generic", "password": self.secrets.operator_identity},
            "sandbox_pgbackrest": {
                "conn_type": "generic",
                "host": HOSTNAME,
                "port": self.ports["pgbackrest"],
                "password": self.secrets.cipher_passphrase,
                "extra": self.backrest.access(self.store.authority),
            },
            "sandbox_kafka": {
                "conn_type": "kafka",
                "extra": {"bootstrap.servers": f"{LOOPBACK}:{self.ports['kafka']}"},
            },
            **self._failover_connections(),
        }

    def _failover_connections(self) -> dict[str, dict[str, Any]]:
        """The machines of the nodes, the clients' route, what may be tested at all, and who is paged."""
        identifier = system_identifier(self.primary)
        targets = {identifier: {"environment": NAME, "hosts": [LOOPBACK]}} if identifier else {}
        return {
            "sandbox_primary_host": self._host("primary", self.primary),
            "sandbox_standby_host": self._host("standby", self.standby),
            "sandbox_route": {**_postgres(self.primary), "port": self.route.port},
            "sandbox_haproxy": {"conn_type": "generic", "extra": {"socket": str(self.route.control)}},
            "failover_targets": {"conn_type": "generic", "extra": targets},
            "dataops_pager": {
                "conn_type": "http",
                "host": LOOPBACK,
                "port": self.ports["pager"],
                "schema": "http",
            },
        }

    def _host(self, service: str, cluster: Cluster) -> dict[str, Any]:
        """This machine, as the host of one node: its processes stay the supervisor's."""
        config = str(Supervisor(self.home).config)
        extra = {
            "user": os_user.database_user(),
            "data": str(cluster.data),
            "bin": str(programs()),
            "log": str(cluster.log),
            "address": LOOPBACK,
            # Stopped by a signal, which is quicker; whoever ends so stays ended, since nobody restarts it.
            "start": [sys.executable, "-m", "supervisor.supervisorctl", "-c", config, "start", service],
        }
        return {"conn_type": "local", "extra": extra}

    def environment(self) -> dict[str, str]:
        """What a person or a test needs to reach everything: the content of ``.sandbox/env``."""
        return {
            "SANDBOX_PRIMARY_DSN": self.primary.dsn(),
            "SANDBOX_STANDBY_DSN": self.standby.dsn(),
            "SANDBOX_S3_ENDPOINT": self.store.endpoint,
            "SANDBOX_S3_BUCKET": BUCKET,
            "SANDBOX_S3_REPLICA_BUCKET": REPLICA_BUCKET,
            "AWS_ACCESS_KEY_ID": self.secrets.store_access_key,
            "AWS_SECRET_ACCESS_KEY": self.secrets.store_secret_key,
            "AWS_CA_BUNDLE": str(self.store.ca_file),
            "AWS_DEFAULT_REGION": REGION,
            **self._kafka_environment(),
            "SANDBOX_AIRFLOW_URL": self.airflow.url,
            "SANDBOX_AIRFLOW_USER": "admin",
            "SANDBOX_AIRFLOW_PASSWORD": self.secrets.admin_password,
            "SANDBOX_APPROVER_USER": "approver",
            "SANDBOX_APPROVER_PASSWORD": self.secrets.approver_password,
            "SANDBOX_VIEWER_USER": "viewer",
            "SANDBOX_VIEWER_PASSWORD": self.secrets.viewer_password,
            **self.airflow_variables(),
        }

    def _kafka_environment(self) -> dict[str, str]:
        try:
            return {"SANDBOX_KAFKA_BOOTSTRAP": self.kafka().bootstrap}
        except Missing:
            return {}


def logging(folder: Path) -> dict[str, str]:
    """A server that writes its log as production does: for people, and as JSON for the performance report."""
    return {
        "logging_collector": "on",
        "log_destination": "stderr,jsonlog",
        "log_directory": str(folder),
        "log_filename": "server.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_min_duration_statement": "100ms",
        "log_autovacuum_min_duration": "0",
        "log_lock_waits": "on",
        "log_temp_files": "0",
    }


def store_at(home: Home, ports: Mapping[str, int], users: tuple[Credentials, ...] = ()) -> StoreServer:
    """The store of this home."""
    own = {name: ports[f"store_{name}"] for name in object_store.PORTS}
    return StoreServer(home.path / "store", own, users)


def system_identifier(cluster: Cluster) -> str:
    """By which the cluster is known for ever; empty before it is made.

    Source: ``src/include/catalog/pg_control.h``, whose first member it is.
    """
    file = cluster.data / "global" / "pg_control"
    return str(int.from_bytes(file.read_bytes()[:8], sys.byteorder)) if file.exists() else ""


def has_standby_signal(cluster: Cluster) -> bool:
    """Whether the cluster starts as a standby."""
    return (cluster.data / "standby.signal").exists()


def _postgres(cluster: Cluster) -> dict[str, Any]:
    return {
        "conn_type": "postgres",
        "host": LOOPBACK,
        "port": cluster.port,
        "login": SUPERUSER,
        "password": cluster.password,
        "schema": "postgres",
    }
