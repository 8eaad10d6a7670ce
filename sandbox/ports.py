"""Free ports on loopback, chosen once and remembered."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, closing

LOOPBACK = "127.0.0.1"
HOSTNAME = "localhost"
"""For TLS: pgBackRest 2.45 compares names, but no addresses, with a certificate's."""


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """A free port for each name, all different: they are held together until every one is chosen."""
    with ExitStack() as stack:
        chosen = {}
        for name in names:
            listener = stack.enter_context(closing(socket.socket()))
            listener.bind((LOOPBACK, 0))
            chosen[name] = int(listener.getsockname()[1])
        return chosen


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
