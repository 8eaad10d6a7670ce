"""What the nodes of a cluster say of themselves by SQL, straight and within a bounded time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.failover.drivers.native.looking import Look, look, with_sync_states
from dataops.failover.drivers.native.session import Session
from dataops.failover.routes.libpq import one_by_one
from dataops.failover.topology import Node, Role

PATIENCE = 2.0
"""Seconds until a node that does not answer counts as silent."""
_TAKES_WRITES = "SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean"

_WHO = (
    "SELECT coalesce(host(inet_server_addr()), ''), inet_server_port(), pg_postmaster_start_time()::text, "
    "NOT pg_is_in_recovery()"
)
"""Two servers may have one address behind a translation, but not the same microsecond of their start."""

Ask = Callable[[str, str, Session], Look]
"""How a node is asked, by its name and address; raises ``DataOpsError`` where it does not answer."""


class Nodes:
    """The nodes of a cluster, each with a session that is opened when it is first needed and kept."""

    def __init__(self, connections: Mapping[str, Connection], *, ask: Ask | None = None) -> None:
        self._connections = connections
        self._sessions = {name: Session(each) for name, each in connections.items()}
        self._ask = ask or _ask

    def look(self, route: Connection) -> tuple[tuple[Node, ...], str]:
        """Every node by its own word, and the one at which a client of the route arrives; all asked at once.

        ``UNKNOWN`` with the reason where a node says nothing: silence is never taken for death here, the
        cluster or the machine is asked about that.
        """
        with ThreadPoolExecutor(len(self._connections) + 1) as asking:
            arriving = asking.submit(_who_answers, route)
            said = list(asking.map(self._look, self._connections))
        arrived = arriving.result()
        there = (look.node.name for look, who in said if who and who == arrived)
        return with_sync_states(look for look, _ in said), next(there, "")

    def ask(self, name: str, statement: str, within: float) -> list[tuple[Any, ...]]:
        """The rows of a statement straight from a node, within so many seconds; raises as ``Session.ask``."""
        return self._sessions[name].ask(statement, within=within)

    def takes_writes(self, name: str) -> bool:
        """Whether the node would take a write now; False where it does not answer."""
        try:
            return bool(self._sessions[name].ask(_TAKES_WRITES, within=PATIENCE)[0][0])
        except DataOpsError:
            return False

    def arrival(self, route: Connection) -> str:
        """The node at which a client of the route arrives now; empty where at none, or nobody can tell."""
        arrived = _who_answers(route)
        there = (name for name, session in self._sessions.items() if arrived and _who(session) == arrived)
        return next(there, "")

    def close(self) -> None:
        """Let the sessions go."""
        for session in self._sessions.values():
            session.close()

    def _look(self, name: str) -> tuple[Look, list[object]]:
        """What the node says of itself, and by which it is known again at the end of a route."""
        connection, session = self._connections[name], self._sessions[name]
        address = f"{connection.host}:{connection.port or 5432}"
        try:
            return self._ask(name, address, session), _who(session)
        except DataOpsError as error:
            return Look(Node(name=name, role=Role.UNKNOWN, address=address, reason=str(error))), []


def _who_answers(route: Connection) -> list[object]:
    """The server at the end of a route, as ``_who`` knows it; empty where none answers.

    Of several hosts it is the first that takes writes, as libpq's target_session_attrs asks for.
    """
    choices = one_by_one(route)
    for each in choices:
        session = Session(each)
        found = _who(session)
        session.close()
        if found and (len(choices) == 1 or found[-1]):
            return found
    return []


def _who(session: Session) -> list[object]:
    """Address, start and role of the server behind a session; empty where it does not answer."""
    try:
        return list(session.ask(_WHO, within=PATIENCE)[0])
    except DataOpsError:
        return []


def _ask(name: str, address: str, session: Session) -> Look:
    return look(name, address, session, within=PATIENCE)
