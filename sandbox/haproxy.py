"""HAProxy: the endpoint by which clients find the primary, and which a failover leads elsewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox import os_user
from sandbox.errors import Missing
from sandbox.ports import LOOPBACK

BACKEND = "writers"
"""Its servers bear the names of the nodes; all but one are in maintenance."""

CONFIGURATION = """\
global
    maxconn 500
    hard-stop-after 1s
    stats socket {control} mode 660 level admin
defaults
    mode tcp
    retries 0
    timeout connect 1s
    timeout queue 1s
    timeout client 1h
    timeout server 1h
frontend clients
    bind {address}:{port}
    default_backend {backend}
backend {backend}
{servers}"""


@dataclass(frozen=True)
class Proxy:
    """One HAProxy in front of the nodes of a cluster. ``nodes``: the port of each on loopback, by name."""

    folder: Path
    port: int
    nodes: Mapping[str, int]

    @property
    def config(self) -> Path:
        """The configuration file."""
        return self.folder / "haproxy.cfg"

    @property
    def control(self) -> Path:
        """The socket of the runtime API: by it the route is changed, without a restart."""
        return self.folder / "control.sock"

    @property
    def command(self) -> list[str]:
        """The proxy, in the foreground."""
        return [program(), "-db", "-f", str(self.config)]

    def configure(self, *, leads_to: str) -> None:
        """Write the configuration: after a start clients are led to this node and to no other.

        No health check: whether a node may be written to is for whoever fails it over to say.
        """
        os_user.own_folder(self.folder)
        servers = [
            f"    server {name} {LOOPBACK}:{port} on-marked-down shutdown-sessions"
            f"{'' if name == leads_to else ' disabled'}\n"
            for name, port in self.nodes.items()
        ]
        text = CONFIGURATION.format(
            control=self.control, address=LOOPBACK, port=self.port, backend=BACKEND, servers="".join(servers)
        )
        self.config.write_text(text, encoding="utf-8")


def program() -> str:
    """HAProxy's program; ``Missing`` where there is none."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))
    found = shutil.which("haproxy", path=path)
    if not found:
        raise Missing("HAProxy is missing. Run: make setup")
    return found
