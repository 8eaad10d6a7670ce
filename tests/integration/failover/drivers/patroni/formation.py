"""A real Patroni cluster on loopback: etcd, members with an address of their own each, their PostgreSQL."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import yaml
from dataops.connections import Connection
from dataops.inventory import Server

from sandbox import children, os_user, processes
from sandbox.deadline import wait_until
from sandbox.ports import LOOPBACK, answers, free_ports
from sandbox.postgresql import SUPERUSER, programs

SCOPE = "shop"
API_USER = "operator"


@dataclass
class Member:
    """One member: Patroni and the PostgreSQL that it runs."""

    name: str
    address: str
    port: int
    api_port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def config(self) -> Path:
        return self.folder / "patroni.yml"

    @property
    def log(self) -> Path:
        return self.folder / "patroni.log"


@dataclass
class Formation:
    """The cluster ``shop``. Patroni runs as PostgreSQL's own user; the tests or the driver start it."""

    folder: Path
    patroni: Sequence[str]
    names: tuple[str, ...] = ("alpha", "beta", "gamma")
    never: frozenset[str] = frozenset({"gamma"})
    """Members that never lead."""
    dcs: Mapping[str, Any] = field(default_factory=dict)
    password: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)
    members: dict[str, Member] = field(default_factory=dict)
    _etcd: subprocess.Popen[bytes] | None = None
    _proxy: subprocess.Popen[bytes] | None = None
    _ports: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        """Start etcd, then the first member as leader, then the others as its replicas."""
        kinds = [f"{kind}-{name}" for name in self.names for kind in ("postgres", "api")]
        self._ports = free_ports([*kinds, "client", "peer", "proxy"])
        self._start_etcd()
        for index, name in enumerate(self.names):
            folder = self.folder / name
            os_user.own_folder(folder)
            member = Member(
                name,
                f"127.83.{os.getpid() % 250 + 1}.{11 + index}",
                self._ports[f"postgres-{name}"],
                self._ports[f"api-{name}"],
                folder,
            )
            self.members[name] = member
            os_user.own_file(member.config, yaml.safe_dump(self._configuration(member)))
        first, *others = self.names
        self.start_member(first)
        assert wait_until(lambda: self.leader() == first, seconds=40), self.words(first)
        for name in others:
            self.start_member(name)
        for name in others:
            assert wait_until(lambda name=name: self.streams(name), seconds=40), self.words(name)  # type: ignore[misc]

    def start_proxy(self) -> None:
        """HAProxy that asks each member whether it leads, as Patroni's documentation has it."""
        servers = "".join(
            f"  server {name} {member.address}:{member.port} check port {member.api_port}\n"
            for name, member in self.members.items()
        )
        config = self.folder / "haproxy.cfg"
        config.write_text(
            "defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n"
            "  timeout check 1s\n"
            f"listen clients\n  bind {LOOPBACK}:{self._ports['proxy']}\n"
            "  option httpchk OPTIONS /primary\n  http-check expect status 200\n"
            "  default-server inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions\n"
            f"{servers}"
        )
        self._proxy = children.start(
            [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", str(config)],
            log=self.folder / "haproxy.log",
            at_parents_death=signal.SIGTERM,
        )
        assert wait_until(lambda: answers(self._ports["proxy"]), seconds=10)

    def start_member(self, name: str) -> None:
        """Start Patroni of a member, as a service would."""
        member = self.members[name]
        member.process = children.start(
            [*self.patroni, str(member.config)],
            log=member.log,
            at_parents_death=signal.SIGKILL,
            switch=os_user.switch(),
        )

    def status(self, name: str) -> dict[str, Any]:
        """What a member's REST API says of itself; empty where it does not answer."""
        member = self.members[name]
        with suppress(OSError, ValueError):
            url = f"http://{member.address}:{member.api_port}/patroni"
            with urllib.request.urlopen(url, timeout=2) as answer:
                return dict(json.load(answer))
        return {}

    def leader(self) -> str:
        """The member that says it is the running primary."""
        for name in self.names:
            said = self.status(name)
            if said.get("role") == "primary" and said.get("state") == "running":
                return name
        return ""

    def streams(self, name: str) -> bool:
        """Whether a member is a streaming replica."""
        said = self.status(name)
        return said.get("role") == "replica" and said.get("replication_state") == "streaming"

    def execute(self, name: str, statement: str) -> list[tuple[Any, ...]]:
        """Run one statement straight on a member."""
        session = psycopg2.connect(self.dsn(name))
        try:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            session.close()

    def dsn(self, name: str) -> str:
        member = self.members[name]
        return f"postgresql://{SUPERUSER}:{self.password}@{member.address}:{member.port}/postgres?connect_timeout=5"

    def expire_lock(self) -> None:
        """Let the leader's lock run out now, as etcd itself would ``ttl`` seconds after its leader died."""
        key = base64.b64encode(f"/service/{SCOPE}/leader".encode()).decode()
        for lock in self._etcd_says("kv/range", {"key": key}).get("kvs", []):
            self._etcd_says("lease/revoke", {"ID": lock["lease"]})

    def _etcd_says(self, question: str, body: object) -> dict[str, Any]:
        url = f"http://{LOOPBACK}:{self._ports['client']}/v3/{question}"
        request = urllib.request.Request(url, data=json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    def set(self, **settings: Any) -> None:
        """Change the dynamic configuration, as ``patronictl edit-config`` does."""
        name = next(name for name in self.names if self.status(name))
        self._ask(name, "PATCH", "/config", settings)

    def _ask(self, name: str, method: str, path: str, body: object) -> None:
        member = self.members[name]
        token = base64.b64encode(f"{API_USER}:{self.password}".encode()).decode()
        request = urllib.request.Request(
            f"http://{member.address}:{member.api_port}{path}",
            method=method,
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10):
            pass

    def server(self, **changes: Any) -> Server:
        """The server's entry in the inventory."""
        failover = {
            "driver": "patroni",
            "cluster": SCOPE,
            "api": "shop_api",
            "one_machine": True,
            "nodes": {
                name: {"connection": f"shop_{name}", "host": f"shop_{name}_host"} for name in self.names
            },
            "route": {"kind": "libpq", "connection": "shop_route"},
        }
        return Server.model_validate({
            "server": "shop",
            "environment": "test",
            "connection": f"shop_{self.names[0]}",
            "owner": "dba",
            "failover": {**failover, **changes},
        })

    def connections(self) -> dict[str, Connection]:
        """Every connection that the driver resolves."""
        known = {}
        for name, member in self.members.items():
            known[f"shop_{name}"] = Connection(
                id=f"shop_{name}",
                type="postgres",
                host=member.address,
                port=member.port,
                login=SUPERUSER,
                password=self.password,
                schema="postgres",
            )
            known[f"shop_{name}_host"] = Connection(
                id=f"shop_{name}_host",
                type="local",
                extra={
                    "user": os_user.database_user(),
                    "data": str(member.data),
                    "bin": str(programs()),
                    "address": member.address,
                    "log": str(member.log),
                    "patroni": str(member.config),
                    "start": self._service(member),
                    "stop": ["pkill", "-TERM", "-f", f"[p]atroni {member.config}"],
                },
            )
        addresses = ",".join(member.address for member in self.members.values())
        ports = ",".join(str(member.port) for member in self.members.values())
        known["shop_route"] = Connection(
            id="shop_route",
            type="postgres",
            host=addresses,
            login=SUPERUSER,
            password=self.password,
            schema="postgres",
            extra={"ports": ports, "target_session_attrs": "read-write"},
        )
        known["shop_proxy"] = Connection(
            id="shop_proxy",
            type="postgres",
            host=LOOPBACK,
            port=self._ports["proxy"],
            login=SUPERUSER,
            password=self.password,
            schema="postgres",
        )
        known["shop_api"] = Connection(
            id="shop_api",
            type="http",
            login=API_USER,
            password=self.password,
            extra={
                "members": {
                    name: f"http://{member.address}:{member.api_port}"
                    for name, member in self.members.items()
                }
            },
        )
        return known

    def _service(self, member: Member) -> list[str]:
        """What a service manager would run: Patroni in the background, tethered to the tests."""
        # until it has a session of its own, it would end together with what started it
        script = (
            'log=$1; shift; setsid "$@" >>"$log" 2>&1 </dev/null & '
            'while [ -d /proc/$! ] && [ "$(cut -d" " -f6 /proc/$!/stat)" != "$!" ]; do :; done'
        )
        user = os_user.database_user()
        switch = (
            ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]
            if os.getuid() == 0
            else []
        )
        return [
            *("sh", "-c", script, "service", str(member.log)),
            *(*switch, *self.patroni, str(member.config)),
        ]

    def words(self, name: str) -> str:
        """The last words of a member's log."""
        return self.members[name].log.read_text()[-3000:]

    def close(self) -> None:
        """End everything that was started here."""
        for member in self.members.values():
            for pid in _naming(str(member.config)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for member in self.members.values():
            for pid in processes.in_folder(member.data):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if member.process is not None:
                children.stop(member.process, seconds=1)
        for helper in (self._proxy, self._etcd):
            if helper is not None:
                children.stop(helper, seconds=2)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_etcd(self) -> None:
        client, peer = (f"http://{LOOPBACK}:{self._ports[kind]}" for kind in ("client", "peer"))
        self._etcd = children.start(
            [
                *("etcd", "--name", "e", "--data-dir", str(self.folder / "etcd")),
                *("--listen-client-urls", client, "--advertise-client-urls", client),
                *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
                *("--initial-cluster", f"e={peer}", "--log-level", "error"),
            ],
            log=self.folder / "etcd.log",
            at_parents_death=signal.SIGKILL,
        )
        assert wait_until(lambda: answers(self._ports["client"]), seconds=20)

    def _configuration(self, member: Member) -> dict[str, Any]:
        login = {"username": SUPERUSER, "password": self.password}
        return {
            "scope": SCOPE,
            "name": member.name,
            "restapi": {
                "listen": f"{member.address}:{member.api_port}",
                "connect_address": f"{member.address}:{member.api_port}",
                "authentication": {"username": API_USER, "password": self.password},
            },
            "tags": {"nofailover": member.name in self.never},
            "etcd3": {"host": f"{LOOPBACK}:{self._ports['client']}"},
            "bootstrap": {
                # 20 s is the shortest time that Patroni accepts (config.py)
                "dcs": {
                    **{"ttl": 20, "loop_wait": 1, "retry_timeout": 3, "primary_start_timeout": 0},
                    "postgresql": {
                        "use_pg_rewind": True,
                        "parameters": {
                            **{"fsync": "off", "shared_buffers": "32MB", "wal_log_hints": "on"},
                            **{"max_connections": 40, "autovacuum": "off", "wal_level": "logical"},
                            **{"dynamic_shared_memory_type": "mmap", "wal_retrieve_retry_interval": "100ms"},
                        },
                    },
                    **self.dcs,
                },
                "initdb": ["data-checksums", "no-sync", {"encoding": "UTF8"}, {"locale": "C.UTF-8"}],
            },
            "postgresql": {
                "listen": f"{member.address}:{member.port}",
                "connect_address": f"{member.address}:{member.port}",
                "data_dir": str(member.data),
                "bin_dir": str(programs()),
                "pgpass": str(member.folder / "pgpass"),
                "parameters": {"unix_socket_directories": str(member.folder)},
                "basebackup": [{"checkpoint": "fast"}, "no-sync"],
                "authentication": {"superuser": login, "replication": login, "rewind": login},
                "pg_hba": [
                    f"local all {SUPERUSER} scram-sha-256",
                    "host all all 127.0.0.0/8 scram-sha-256",
                    "host replication all 127.0.0.0/8 scram-sha-256",
                ],
            },
        }


def _naming(argument: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                if argument.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
    return found
