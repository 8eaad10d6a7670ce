"""The sandbox's own configuration for docker-compose.yml, with service names in place of loopback.

Compose says which containers there are; what stands inside them (secrets, certificates, connections,
buckets, PostgreSQL's and Airflow's settings) comes from the very code that configures the sandbox, so that
the two platforms cannot drift apart. Everything is written to one volume, mounted at ``/sandbox`` by all;
each file belongs to the user that reads it.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox import dotenv, os_user
from sandbox.compose import ssh
from sandbox.haproxy import Proxy
from sandbox.home import Home
from sandbox.object_store import StoreServer
from sandbox.pgbackrest import WORKER
from sandbox.platform import BUCKET, LOCK_DAYS, NAME, NODES, PORTS, REPLICA_BUCKET, SandboxPlatform
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
    "route": "route",
    "pager": "pager",
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
    "route": 5430,
    "pager": 8090,
    "store_s3_https": 8334,
}
BROWSER = f"http://localhost:{FIXED_PORTS['airflow']}"
TARGETS = "AIRFLOW_CONN_FAILOVER_TARGETS"
"""The connection that names what may be failed over: known once the primary has made its cluster."""
PROGRAMS = "/usr/lib/postgresql/15/bin"
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
    access(here).configure(place.path / "containers", NODES.values())
    _write_route(here)
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
    return {
        **moved,
        **_machines(here),
        "AIRFLOW__API__HOST": "0.0.0.0",
        "AIRFLOW__API__BASE_URL": BROWSER,
    }


def access(here: SandboxPlatform) -> ssh.Access:
    """By which keys Airflow's containers reach the nodes' machines."""
    return ssh.Access(here.home.path / "ssh")


def allow_failover(home: Path = HOME) -> None:
    """Name the cluster that failover tests may touch, by the identifier that its primary tells."""
    variables = dotenv.read(home / "env")
    identifier = _identifier(variables["SANDBOX_PRIMARY_DSN"])
    targets = {identifier: {"environment": NAME, "hosts": sorted(NODES.values())}}
    variables[TARGETS] = json.dumps({"conn_type": "generic", "extra": targets})
    owner = (home / "env").stat()
    dotenv.write(home / "env", variables)
    os.chown(home / "env", owner.st_uid, owner.st_gid)


def _identifier(dsn: str) -> str:
    from contextlib import closing

    import psycopg2

    with closing(psycopg2.connect(dsn)) as session, session.cursor() as cursor:
        cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
        ((found,),) = cursor.fetchall()
        return str(found)


def _machines(here: SandboxPlatform) -> dict[str, str]:
    """Connections to the nodes' machines: containers of their own, each with its sshd."""
    return {
        f"AIRFLOW_CONN_SANDBOX_{service.upper()}_HOST": json.dumps(_machine(here, service, cluster))
        for service, cluster in (("primary", here.primary), ("standby", here.standby))
    }


def _machine(here: SandboxPlatform, service: str, cluster: Cluster) -> dict[str, Any]:
    own = access(here)
    extra = {
        "user": ssh.LOGIN,
        "data": str(cluster.data),
        "bin": PROGRAMS,
        "config": str(here.home.path / "containers" / service / "postgresql.conf"),
        "log": str(cluster.folder / "log" / "start.log"),
        "address": HOSTS[service],
        "key_file": str(own.key),
        "known_hosts": str(own.known_hosts),
    }
    return {"conn_type": "ssh", "host": HOSTS[service], "port": 22, "login": ssh.LOGIN, "extra": extra}


def translated(text: str, here: SandboxPlatform) -> str:
    """The text with each loopback address replaced by the name of the service that listens there."""
    for name, host in HOSTS.items():
        port = here.ports[name]
        for address in THIS_MACHINE:
            text = text.replace(f"{address}:{port}", f"{host}:{port}")
            text = text.replace(f"host={address} port={port}", f"host={host} port={port}")
            text = text.replace(f'"host": "{address}", "port": {port}', f'"host": "{host}", "port": {port}')
    return text.replace(str(here.route.folder), str(_route(here).folder))


def create_buckets(here: SandboxPlatform) -> None:
    """Both buckets exist, versioned and locked as in the sandbox."""
    store = _StoreService(here.store.folder, here.store.ports, here.store.users)
    store.create_bucket(BUCKET, lock_days=LOCK_DAYS)
    store.create_bucket(REPLICA_BUCKET, lock_days=LOCK_DAYS)


class _StoreService(StoreServer):
    @property
    def endpoint(self) -> str:
        return f"https://{HOSTS['store_s3_https']}:{self.ports['s3_https']}"


def _route(here: SandboxPlatform) -> Proxy:
    """HAProxy in a folder that its container and Airflow's share."""
    return replace(here.route, folder=here.home.path / "haproxy")


def _write_route(here: SandboxPlatform) -> None:
    """A configuration for each node that may be primary when the proxy starts."""
    proxy = _route(here)
    for name in NODES:
        proxy.configure(leads_to=name)
        text = proxy.config.read_text(encoding="utf-8").replace(f"bind {LOOPBACK}", "bind 0.0.0.0")
        for service in NODES.values():
            port = FIXED_PORTS[service]
            text = text.replace(f"{LOOPBACK}:{port}", f"{HOSTS[service]}:{port}")
        (proxy.folder / f"{name}.cfg").write_text(text, encoding="utf-8")
    proxy.config.unlink()


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
    ssh_folder, route = access(here).folder, _route(here).folder
    route.chmod(0o770)
    mine = (home / "env", *worker, here.airflow.home, ssh_folder, route)
    for path in (*mine, *here.airflow.home.iterdir(), *ssh_folder.iterdir(), *route.iterdir()):
        os.chown(path, AIRFLOW_UID, 0)
