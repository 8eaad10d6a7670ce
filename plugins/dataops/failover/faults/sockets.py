"""Which local ports are connected to a server on this very machine, and whose they are: /proc/net/tcp.

On loopback nftables knows the owner of a packet's socket only where it is sent (``skuid``), not where it is
delivered: a received packet keeps its route, so the kernel looks no socket up early (tcp_v4_early_demux).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

_REMOTE, _LOCAL, _OWNER = 2, 1, 7
"""Columns (proc_pid_net(5); Documentation/networking/proc_net_tcp.rst)."""


@dataclass(frozen=True)
class Socket:
    """One end of a TCP connection."""

    port: int
    """Its own."""
    peer: str
    """The other end as ``/proc/net/tcp`` writes it: address and port in hexadecimal."""
    uid: int


def parse_sockets(text: str) -> tuple[Socket, ...]:
    """The sockets of one of ``/proc/net/tcp`` and ``/proc/net/tcp6``."""
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > _OWNER:
            port = int(words[_LOCAL].rpartition(":")[2], 16)
            found.append(Socket(port, words[_REMOTE].upper(), int(words[_OWNER])))
    return tuple(found)


def written(address: str, port: int) -> frozenset[str]:
    """How the kernel writes an address and port: each word of 32 bits in the machine's (little) order."""
    ip = ipaddress.ip_address(address)
    plain = _hexadecimal(ip.packed)
    mapped = {_hexadecimal(b"\0" * 10 + b"\xff\xff" + ip.packed)} if ip.version == 4 else set()
    return frozenset(f"{each}:{port:04X}" for each in {plain, *mapped})


def _hexadecimal(packed: bytes) -> str:
    words = (packed[at : at + 4] for at in range(0, len(packed), 4))
    return "".join(word[::-1].hex().upper() for word in words)
