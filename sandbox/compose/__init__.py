"""The sandbox's own configuration for docker-compose.yml, with service names in place of loopback.

Compose says which containers there are; what stands inside them (secrets, certificates, connections,
buckets, PostgreSQL's and Airflow's settings) comes from the very code that configures the sandbox, so that
the two platforms cannot drift apart. Everything is written to one volume, mounted at ``/sandbox`` by all;
each file belongs to the user that reads it.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from sandbox import dotenv, os_user
from sandbox.home import Home
from sandbox.object_store import StoreServer
from sandbox.pgbackrest import WORKER
from sandbox.platform import BUCKET, LOCK_DAYS, PORTS, REPLICA_BUCKET, SandboxPlatform
from sandbox.ports import LOOPBACK
from sandbox.postgresql import SUPERUSER, Cluster
from sandbox.secret import Secrets

HOME = Path("/sandbox")
AIRFLOW_UID = 50000
THIS_MACHINE = (LOOPBACK, "localhost")
SOCKETS = "/var/run/postgresql"
HOSTS = {
    "primary": "primary",
    "standby": "standby",
    "metadata": "metadata",
    "pgbackrest": "pgbackrest",
    "kafka": "kafka",
    "airflow": "api-server",
    "store_s3_https": "store",
}
"""The service behind each port that one container opens for another."""

FIXED_PORTS = {
    "primary": 5432,
    "standby": 5433,
    "metadata": 5434,
    "pgbackrest": 8432,
    "kafka": 9092,
    "airflow": 8080,
    "store_s3_https": 8334,
}
BROWSER = f"http://localhost:{FIXED_PORTS['airflow']}"
LEFT_TO_COMPOSE = {"PATH", "HOME", "AIRFLOW__CORE__EXECUTOR"}
"""Variables of the sandbox's Airflow that the image or docker-compose.yml sets."""


def platform(home: Path = HOME) -> SandboxPlatform:
    """The sandbox's platform at the ports that its containers have."""
    others = (name for name in PORTS if name not in FIXED_PORTS)
    ports = {**FIXED_PORTS, **{name: 20000 + number for number, name in enumerate(others)}}
    return SandboxPlatform(Home(home), ports, Secrets.load(home / "secrets"))


def prepare(home: Path = HOME) -> None:
    """Leave a complete configuration in ``home``; secrets and certificates of an earlier start are kept."""
    place = Home(home)
    place.prepare()
    # The stanza is made before the first backup, by the pgbackrest service; archiving waits for it.
    place.remember("stanza")
    here = platform(home)
    here.store.configure()
    here.backrest.configure(here.store.authority)
    _rewrite(here.backrest.config, here)
    for name, cluster in (("primary", here.primary), ("standby", here.standby), ("metadata", here.metadata)):
        _write_settings(place, name, cluster, here)
    here.airflow.configure()
    dotenv.write(home / "env", environment(here))
    _give_to_airflow(here)


def environment(here: SandboxPlatform) -> dict[str, str]:
    """What Airflow's containers and people in them need: the sandbox's variables and Airflow's settings."""
    variables = {
        **dotenv.read(here.airflow.environment),
        **here.environment(),
        "SANDBOX_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{here.ports['kafka']}",
    }
    moved = {
        name: translated(value, here) for name, value in variables.items() if name not in LEFT_TO_COMPOSE
    }
    return {**moved, "AIRFLOW__API__HOST": "0.0.0.0", "AIRFLOW__API__BASE_URL": BROWSER}


def translated(text: str, here: SandboxPlatform) -> str:
    """The text with each loopback address replaced by the name of the service that listens there."""
    for name, host in HOSTS.items():
        port = here.ports[name]
        for address in THIS_MACHINE:
            text = text.replace(f"{address}:{port}", f"{host}:{port}")
            text = text.replace(f"host={address} port={port}", f"host={host} port={port}")
            text = text.replace(f'"host": "{address}", "port": {port}', f'"host": "{host}", "port": {port}')
    return text


def create_buckets(here: SandboxPlatform) -> None:
    """Both buckets exist, versioned and locked as in the sandbox."""
    store = _StoreService(here.store.folder, here.store.ports, here.store.users)
    store.create_bucket(BUCKET, lock_days=LOCK_DAYS)
    store.create_bucket(REPLICA_BUCKET, lock_days=LOCK_DAYS)


class _StoreService(StoreServer):
    @property
    def endpoint(self) -> str:
        return f"https://{HOSTS['store_s3_https']}:{self.ports['s3_https']}"


def _rewrite(config: Path, here: SandboxPlatform) -> None:
    """Point pgBackRest to the store's container, and let other containers reach it."""
    text = config.read_text(encoding="utf-8")
    for address in THIS_MACHINE:
        text = text.replace(f"s3-endpoint={address}", f"s3-endpoint={HOSTS['store_s3_https']}")
        text = text.replace(f"tls-server-address={address}", "tls-server-address=0.0.0.0")
    os_user.own_file(config, text.replace(f"={here.primary.sockets}\n", f"={SOCKETS}\n"))


def _write_settings(place: Home, name: str, cluster: Cluster, here: SandboxPlatform) -> None:
    """The server's settings and the superuser's password, for the official image."""
    folder = os_user.own_folder(place.path / "containers" / name)
    os_user.own_folder(folder / "data")
    reachable = {"listen_addresses": "*", "unix_socket_directories": SOCKETS}
    draft = replace(cluster, folder=folder, settings={**cluster.settings, **reachable})
    draft.configure()
    text = (draft.data / "sandbox.conf").read_text(encoding="utf-8")
    shutil.rmtree(draft.data)
    os_user.own_file(folder / "postgresql.conf", translated(text, here))
    os_user.own_file(folder / "password", cluster.password)
    os_user.own_file(folder / "pgpass", f"*:*:*:{SUPERUSER}:{cluster.password}\n")


def _give_to_airflow(here: SandboxPlatform) -> None:
    """Hand over what Airflow's user reads or writes; the certificates' folder stays closed to others."""
    home, tls = here.home.path, here.store.authority.folder
    worker = (tls / f"{WORKER}.crt", tls / f"{WORKER}.key")
    logs = here.airflow.home / "logs"
    logs.mkdir(exist_ok=True)
    for path in (home / "env", *worker, here.airflow.home, *here.airflow.home.iterdir()):
        os.chown(path, AIRFLOW_UID, 0)
