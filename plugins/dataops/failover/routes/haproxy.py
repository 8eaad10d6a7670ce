"""HAProxy as the route, told by its runtime API which server of a backend is the primary.

HAProxy documentation, Management Guide, "Unix Socket commands": `set server … state`, `shutdown sessions
server`, `show servers state`. The API must be at level admin. What it is told does not outlive a restart of
HAProxy: keep `server-state-file`, or a health check that only a primary passes.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from dataops.connections import Connection, Resolve
from dataops.errors import ConfigurationError
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown, Told
from dataops.inventory.failover import Failover

_PATIENCE = 5.0
"""Seconds until an answer counts as lost."""
_RUNNING = 2
"""srv_op_state of a server that takes connections."""
_MAINTENANCE = 0x01 | 0x02 | 0x08 | 0x10 | 0x20
"""Bits of srv_admin_state by which a server takes no new client: maintenance or drain, forced or inherited.
0x04 is no such bit: it only says that the configuration file began with maintenance."""
_NAME = re.compile(r"[A-Za-z0-9_.:-]+")


@dataclass(frozen=True)
class ServerState:
    """One server of the backend, as HAProxy has it now."""

    name: str
    running: bool
    maintenance: bool


class HaproxyRoute:
    """A backend with one server a node, of which only the primary's is not in maintenance."""

    kind = "haproxy"

    def __init__(self, route: Connection, control: Connection, backend: str, nodes: tuple[str, ...]) -> None:
        self._route = route
        self._control = control
        self._backend = backend
        self._nodes = nodes

    @classmethod
    def of(cls, failover: Failover, resolve: Resolve) -> HaproxyRoute:
        """The route of a server; ``ConfigurationError`` names the field that is missing."""
        route = failover.route
        if route.control is None or route.backend is None:
            missing = "control" if route.control is None else "backend"
            raise ConfigurationError(
                f"failover.route.{missing} is missing: HAProxy is told by its runtime API (`control`) which "
                "server of its `backend` is the primary."
            )
        if not _NAME.fullmatch(route.backend):
            raise ConfigurationError(
                f"failover.route.backend {route.backend!r} is no name of HAProxy's: letters, digits and _.:-"
            )
        control = resolve(route.control)
        if not control.extra.get("socket") and not (control.host and control.port):
            raise ConfigurationError(
                f"Connection {control.id!r} must say where HAProxy's runtime API is: host and port, "
                "or extra.socket."
            )
        return cls(resolve(route.connection), control, route.backend, tuple(failover.nodes))

    def connection(self) -> Connection:
        return self._route

    def lead(self, node: str) -> None:
        """Others first, so that at no moment two servers take clients; see ``ClientRoute``."""
        refused = self._say(self._commands(node))
        if refused:
            raise DriverFailed(
                f"HAProxy refused to lead {self._backend} to {node}: {refused}. Its runtime API must be at "
                "level admin, and the backend's servers must bear the names of the nodes."
            )
        self._until_led(node)

    def states(self) -> Mapping[str, ServerState]:
        """Every server of the backend by name; raises ``OutcomeUnknown`` and ``DriverFailed``."""
        said = self._say((f"show servers state {self._backend}",))
        found = parse_states(said)
        if not found:
            raise DriverFailed(f"HAProxy has no backend {self._backend}: {said or 'it answered nothing'}.")
        return found

    def tell(self, node: str) -> Told:
        return Told(
            commands=self._commands(node),
            worst="Sessions on the other nodes are cut; their clients must connect again.",
        )

    def close(self) -> None:
        """Nothing is held: HAProxy closes after each answer."""

    def _commands(self, node: str) -> tuple[str, ...]:
        others = [each for each in self._nodes if each != node]
        leave = [
            command
            for each in others
            for command in (
                f"set server {self._backend}/{each} state maint",
                f"shutdown sessions server {self._backend}/{each}",
            )
        ]
        return (*leave, f"set server {self._backend}/{node} state ready")

    def _until_led(self, node: str) -> None:
        until = time.monotonic() + _PATIENCE
        while True:
            states = self.states()
            wrong = not_led(states, node, self._nodes)
            if not wrong:
                return
            if node in states and not states[node].running:  # its last health check saw a standby
                self._say((f"set server {self._backend}/{node} health up",))
            if time.monotonic() > until:
                raise DriverFailed(f"HAProxy does not lead {self._backend} to {node}: {wrong}.")
            time.sleep(0.002)

    def _say(self, commands: tuple[str, ...]) -> str:
        """The whole answer to commands that are sent as one line."""
        try:
            with contextlib.closing(self._connected()) as stream:
                stream.sendall(("; ".join(commands) + "\n").encode())
                parts = []
                while part := stream.recv(65536):
                    parts.append(part)
        except (TimeoutError, ConnectionResetError, BrokenPipeError) as error:
            raise OutcomeUnknown(
                f"HAProxy's runtime API ({self._place}) did not answer: {error}. Ask it by `show servers "
                f"state {self._backend}` where the route leads."
            ) from error
        except OSError as error:
            raise DriverFailed(
                f"HAProxy's runtime API ({self._place}) cannot be reached: {error.strerror or error}."
            ) from error
        return b"".join(parts).decode(errors="replace").strip()

    def _connected(self) -> socket.socket:
        path = self._control.extra.get("socket")
        if not path:
            return socket.create_connection((self._control.host, self._control.port), timeout=_PATIENCE)
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            stream.settimeout(_PATIENCE)
            stream.connect(str(path))
        except OSError:
            stream.close()
            raise
        return stream

    @property
    def _place(self) -> str:
        return f"connection {self._control.id}"


def parse_states(said: str) -> Mapping[str, ServerState]:
    """The answer to ``show servers state``, whose second line names the columns."""
    lines = [line for line in said.splitlines() if line.strip()]
    header = next((line for line in lines if line.startswith("#")), "")
    columns = header.lstrip("# ").split()
    found: dict[str, ServerState] = {}
    if not {"srv_name", "srv_op_state", "srv_admin_state"} <= set(columns):
        return found
    for line in lines:
        words = line.split()
        if line.startswith("#") or len(words) < len(columns):
            continue
        row = dict(zip(columns, words, strict=False))
        name = row["srv_name"]
        maintenance = bool(int(row["srv_admin_state"]) & _MAINTENANCE)
        found[name] = ServerState(name, int(row["srv_op_state"]) == _RUNNING, maintenance)
    return found


def not_led(states: Mapping[str, ServerState], node: str, nodes: tuple[str, ...]) -> str:
    """Empty where clients reach this node and no other; else what is wrong."""
    if node not in states:
        return f"there is no server {node}"
    if states[node].maintenance or not states[node].running:
        return f"server {node} takes no clients"
    others = [
        name for name, state in states.items() if name != node and state.running and not state.maintenance
    ]
    unknown = sorted(set(nodes) - set(states))
    if others:
        return f"server {others[0]} still takes clients"
    return f"there is no server {unknown[0]}" if unknown else ""
