"""Free ports on loopback, chosen once and remembered."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from sandbox.errors import Missing

LOOPBACK = "127.0.0.1"
HOSTNAME = "localhost"
"""For TLS: pgBackRest 2.45 compares names, but no addresses, with a certificate's."""
_LOWEST, _HIGHEST = 10_240, 65_536
_TRIES = 1_000
_RESERVED: list[socket.socket] = []


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """A free port for each name, all different, and nobody else's until this process ends.

    Below those that the kernel gives to clients (ip(7), ip_local_port_range): a connection that happens to
    leave by a port keeps a server from listening there. Raises ``Missing`` where none is free.
    """
    return {name: _take_one() for name in names}


def _take_one() -> int:
    ports = range(_LOWEST, _lowest_of_clients())
    for _ in range(_TRIES):
        port = secrets.choice(ports)
        if is_free(port) and _reserve(port):
            return port
    raise Missing(
        f"No free port was found on {LOOPBACK} from {ports.start} to {ports.stop - 1}: "
        "stop what listens there, or see net.ipv4.ip_local_port_range."
    )


def _lowest_of_clients() -> int:
    lowest, _ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    return int(lowest) if int(lowest) > _LOWEST + _TRIES else _HIGHEST


def _reserve(port: int) -> bool:
    """Hold the port against whoever chooses one as we do; the kernel lets go when we end (unix(7))."""
    held = socket.socket(socket.AF_UNIX)
    try:
        held.bind(f"\0dataops-port-{port}")
    except OSError:
        held.close()
        return False
    _RESERVED.append(held)
    return True


def free_port() -> int:
    """One free port."""
    return free_ports(["port"])["port"]


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now (a closing connection's TIME_WAIT does not count)."""
    with closing(socket.socket()) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Whether something listens on this port."""
    with closing(socket.socket()) as client:
        client.settimeout(1)
        return client.connect_ex((LOOPBACK, port)) == 0


def chosen_or_free(remembered: Mapping[str, int], names: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """The remembered ports that are still free, new ones for the rest, and the names whose port was lost."""
    wanted = list(names)
    kept = {name: remembered[name] for name in wanted if name in remembered and is_free(remembered[name])}
    lost = [name for name in wanted if name in remembered and name not in kept]
    fresh = free_ports(name for name in wanted if name not in kept)
    return {**kept, **fresh}, lost
