"""Making a cell: its servers, route and archive, and the connections by which the platform knows them."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from dataops.connections import Connection
from dataops.store import new_identity

from sandbox import children, os_user
from sandbox.deadline import wait_until
from sandbox.pgbackrest import BackRest
from sandbox.ports import HOSTNAME, LOOPBACK, answers, free_port, free_ports
from sandbox.postgresql import SUPERUSER, Cluster, programs
from tests.conftest import ObjectStoreServer
from tests.integration.failover.cell import Cell
from tests.integration.failover.keeper import Keeper
from tests.integration.failover.shape import DATABASE, ENVIRONMENT, NAMES, QUICK, SCRIPT, SERVER, Shape


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


def build(cell: Cell) -> None:
    """Make and start everything."""
    cell.keeper = Keeper(cell.folder)
    _make_primary(cell)
    for name in list(cell.clusters)[1:]:
        _make_standby(cell, name)
    _connect(cell)
    cell.write_server(**cell.shape.server)
    cell.write_database()
    (cell.include / "failover").mkdir(exist_ok=True)
    if cell.shape.route == "haproxy":
        _start_haproxy(cell)
    if cell.shape.proven:
        cell.prove()


def _make_primary(cell: Cell) -> None:
    cluster = cell.clusters["alpha"]
    cluster.initialise()
    if not cell.shape.checksums:
        os_user.run([programs() / "pg_checksums", "--disable", "--no-sync", "-D", cluster.data])
    if cell.shape.segment_mb != 16:
        resize = ("pg_resetwal", f"--wal-segsize={cell.shape.segment_mb}", "-D", cluster.data)
        os_user.run([programs() / resize[0], *resize[1:]])
    if cell.shape.wal_disk_mb:
        _own_disk(cell, cluster.data / "pg_wal", cell.shape.wal_disk_mb)
    if cell.backrest:
        cell.backrest.configure(cell.store_server.server.authority)
    cell.start("alpha")
    cell.execute("alpha", f"CREATE DATABASE {DATABASE}", dbname="postgres")
    with closing(psycopg2.connect(cell.dsn("alpha"))) as session, session, session.cursor() as cursor:
        cursor.execute(SCRIPT)


def _make_standby(cell: Cell, name: str) -> None:
    cluster, primary = cell.clusters[name], cell.clusters["alpha"]
    if cell.shape.standby_disk_mb and name == "beta":
        _own_disk(cell, cluster.folder.parent, cell.shape.standby_disk_mb, mode=0o711)
    cluster.clone(primary, slot=name)
    cell.start(name)
    assert wait_until(lambda: _streams(cell, name), seconds=20, interval=0.02)
    if cell.shape.synchronous and name == "beta":
        cell.execute("alpha", "ALTER SYSTEM SET synchronous_standby_names = 'beta'")
        cell.execute("alpha", "SELECT pg_reload_conf()")
        state = "SELECT sync_state FROM pg_stat_replication"
        assert wait_until(lambda: cell.execute("alpha", state) == [("sync",)], seconds=10, interval=0.02)


def _streams(cell: Cell, name: str) -> bool:
    return cell.execute(name, "SELECT status FROM pg_stat_wal_receiver") == [("streaming",)]


def _own_disk(cell: Cell, folder: Path, megabytes: int, *, mode: int = 0o700) -> None:
    """A small file system in the place of a folder, with what the folder holds."""
    aside = folder.with_name(folder.name + ".aside")
    if folder.exists():
        folder.rename(aside)
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("A small disk needs the right to mount a file system, which this machine does not give.")
    cell.mounts.append(folder)
    os_user.own_folder(folder).chmod(mode)
    if aside.exists():
        subprocess.run(["cp", "-a", f"{aside}/.", str(folder)], check=True)
        shutil.rmtree(aside)


def _start_haproxy(cell: Cell) -> None:
    """A TCP proxy whose only word on who is primary is what it is told."""
    servers = "".join(
        f"  server {name} {cluster.address}:{cluster.port}{'' if name == 'alpha' else ' disabled'}\n"
        for name, cluster in cell.clusters.items()
    )
    config = cell.folder / "haproxy.cfg"
    config.write_text(
        "global\n"
        f"  stats socket ipv4@{LOOPBACK}:{cell.ports['control']} level admin\n"
        "  maxconn 500\n"
        "defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n"
        "  retries 0\n"
        f"frontend clients\n  bind {LOOPBACK}:{cell.ports['route']}\n  default_backend primary\n"
        f"backend primary\n{servers}"
    )
    children.start(
        [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", str(config)],
        log=cell.folder / "haproxy.log",
        at_parents_death=signal.SIGTERM,
    )
    assert wait_until(lambda: answers(cell.ports["route"]), seconds=10), (
        cell.folder / "haproxy.log"
    ).read_text()


def _connect(cell: Cell) -> None:
    """The connections that the platform's own would be."""
    identity, recipient = new_identity()
    store = cell.store_server
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
        _targets(cell),
        *(_node(cell, name) for name in cell.clusters),
        *(_host(cell, name) for name in cell.clusters),
        *_route_connections(cell),
    ]
    if cell.backrest:
        known.append(_backrest_connection(cell, cell.backrest))
    cell.connections.update({each.id: each for each in known})


def _targets(cell: Cell) -> Connection:
    hosts = [LOOPBACK, *(cluster.address for cluster in cell.clusters.values())]
    allowed = {cell.system_identifier: {"environment": ENVIRONMENT, "hosts": hosts}}
    return Connection("failover_targets", "generic", extra=allowed)


def _node(cell: Cell, name: str) -> Connection:
    cluster = cell.clusters[name]
    login = {"login": SUPERUSER, "password": cluster.password, "schema": "postgres"}
    return Connection(f"cell_{name}", "postgres", host=cluster.address, port=cluster.port, **login)


def _host(cell: Cell, name: str) -> Connection:
    cluster = cell.clusters[name]
    extra = {
        "user": os_user.database_user(),
        "data": str(cluster.data),
        "bin": str(programs()),
        "log": str(cluster.folder / "log"),
        "address": cluster.address,
    }
    return Connection(f"cell_{name}_host", "local", host=cluster.address, extra=extra)


def _route_connections(cell: Cell) -> list[Connection]:
    first = cell.clusters["alpha"]
    login = {"login": SUPERUSER, "password": first.password, "schema": DATABASE}
    if cell.shape.route == "libpq":
        hosts = ",".join(cluster.address for cluster in cell.clusters.values())
        wish = {"target_session_attrs": "read-write", "connect_timeout": "2"}
        return [Connection("cell_route", "postgres", host=hosts, port=first.port, extra=wish, **login)]
    return [
        Connection("cell_route", "postgres", host=LOOPBACK, port=cell.ports["route"], **login),
        Connection("cell_haproxy", "generic", host=LOOPBACK, port=cell.ports["control"]),
    ]


def _backrest_connection(cell: Cell, backrest: BackRest) -> Connection:
    extra = backrest.access(cell.store_server.server.authority)
    place = {"host": HOSTNAME, "port": backrest.port, "password": backrest.passphrase}
    return Connection(f"{SERVER}_pgbackrest", "generic", extra=extra, **place)  # type: ignore[arg-type]
