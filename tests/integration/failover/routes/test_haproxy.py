"""A real HAProxy is led from one server to another, whatever it thought of their health."""

from __future__ import annotations

import shutil
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dataops.connections import Connection
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.routes.haproxy import HaproxyRoute
from dataops.inventory.failover import Failover

from sandbox import children
from sandbox.deadline import wait_until
from sandbox.ports import LOOPBACK, answers, free_port


@dataclass
class Speaker:
    """A server that says its name to whoever comes, and then keeps the connection."""

    name: str
    port: int
    _socket: socket.socket = field(init=False)
    _guests: list[socket.socket] = field(default_factory=list)

    def open(self) -> None:
        self._socket = socket.create_server((LOOPBACK, self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
        for guest in self._guests:
            guest.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                guest, _ = self._socket.accept()
                self._guests.append(guest)
                with suppress(OSError):
                    guest.sendall(self.name.encode() + b"\n")


@dataclass
class Proxy:
    """HAProxy before two speakers, with its runtime API."""

    port: int
    control: Connection
    speakers: dict[str, Speaker]

    def route(self, control: Connection | None = None, backend: str = "primary") -> HaproxyRoute:
        failover = Failover.model_validate({
            "nodes": {name: {"connection": name} for name in self.speakers},
            "route": {"kind": "haproxy", "connection": "route", "control": "control", "backend": backend},
        })
        known = {"control": control or self.control}
        return HaproxyRoute.of(failover, lambda name: known.get(name, Connection(name)))

    def session(self) -> socket.socket:
        return socket.create_connection((LOOPBACK, self.port), timeout=5)

    def answers(self) -> str:
        with closing(self.session()) as session:
            return session.recv(100).decode().strip()


@pytest.fixture
def start_proxy(tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    if not Path(program).exists():
        pytest.fail("There is no haproxy on this machine: run make setup")
    running: list[Any] = []
    speakers = {name: Speaker(name, free_port()) for name in ("alpha", "beta")}

    def start(servers: str = "", level: str = "admin", api: str = "tcp") -> Proxy:
        port, control = free_port(), free_port()
        place = f"{LOOPBACK}:{control}" if api == "tcp" else str(tmp_path / "api")
        lines = "".join(
            f"  server {name} {LOOPBACK}:{speaker.port} {servers}{'' if name == 'alpha' else ' disabled'}\n"
            for name, speaker in speakers.items()
        )
        config = tmp_path / "haproxy.cfg"
        config.write_text(
            f"global\n  stats socket {place} level {level}\n"
            "defaults\n  mode tcp\n  retries 0\n"
            "  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n"
            f"frontend clients\n  bind {LOOPBACK}:{port}\n  default_backend primary\nbackend primary\n{lines}"
        )
        speakers["alpha"].open()
        running.append(
            children.start(
                [program, "-db", "-f", str(config)], log=tmp_path / "log", at_parents_death=signal.SIGTERM
            )
        )
        assert wait_until(lambda: answers(port), seconds=10), (tmp_path / "log").read_text()
        connection = (
            Connection("control", host=LOOPBACK, port=control)
            if api == "tcp"
            else Connection("control", extra={"socket": place})
        )
        return Proxy(port, connection, speakers)

    yield start
    for process in running:
        children.stop(process, seconds=3)
    for speaker in speakers.values():
        if hasattr(speaker, "_socket"):
            speaker.close()


def test_clients_are_led_to_the_other_server_and_cut_off_the_first(
    start_proxy: Callable[..., Proxy],
) -> None:
    proxy = start_proxy()
    proxy.speakers["beta"].open()
    with closing(proxy.session()) as session:
        assert session.recv(100) == b"alpha\n"
        for _ in range(2):
            proxy.route().lead("beta")
        assert not session.recv(100)  # cut: a client that waits for an answer learns it at once
    assert proxy.answers() == "beta"
    proxy.route().lead("alpha")
    assert proxy.answers() == "alpha"


def test_a_server_whose_last_health_check_failed_takes_clients_as_soon_as_it_is_told_to(
    start_proxy: Callable[..., Proxy],
) -> None:
    proxy = start_proxy("check inter 30s fall 1 rise 3", api="unix")
    proxy.speakers["beta"].open()
    proxy.route().lead("beta")
    assert proxy.answers() == "beta"
    assert proxy.route().states()["alpha"].maintenance


def test_an_api_that_may_not_change_anything_is_said_to_refuse(start_proxy: Callable[..., Proxy]) -> None:
    proxy = start_proxy(level="user")
    with pytest.raises(DriverFailed, match="refused to lead primary to beta: Permission denied"):
        proxy.route().lead("beta")


def test_a_backend_or_an_api_that_is_not_there_is_named(start_proxy: Callable[..., Proxy]) -> None:
    proxy = start_proxy()
    with pytest.raises(DriverFailed, match="to beta"):
        proxy.route(backend="another").lead("beta")
    nobody = Connection("control", host=LOOPBACK, port=free_port())
    with pytest.raises(DriverFailed, match="cannot be reached"):
        proxy.route(nobody).lead("beta")
