"""What the nodes of a cluster say of themselves by SQL, straight and within a bounded time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

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
            looks = list(asking.map(self._look, self._connections))
        return with_sync_states(looks), self._named(arriving.result())

    def takes_writes(self, name: str) -> bool:
        """Whether the node would take a write now; False where it does not answer."""
        try:
            return bool(self._sessions[name].ask(_TAKES_WRITES, within=PATIENCE)[0][0])
        except DataOpsError:
            return False

    def arrival(self, route: Connection) -> str:
        """The node at which a client of the route arrives now; empty where at none, or nobody can tell."""
        return self._named(_who_answers(route))

    def close(self) -> None:
        """Let the sessions go."""
        for session in self._sessions.values():
            session.close()

    def _named(self, who: Sequence[object]) -> str:
        if not who:
            return ""
        for name, session in self._sessions.items():
            try:
                ((*also, _),) = session.ask(_WHO, within=PATIENCE)
            except DataOpsError:
                continue
            if also == list(who):
                return name
        return ""

    def _look(self, name: str) -> Look:
        connection = self._connections[name]
        address = f"{connection.host}:{connection.port or 5432}"
        try:
            return self._ask(name, address, self._sessions[name])
        except DataOpsError as error:
            return Look(Node(name=name, role=Role.UNKNOWN, address=address, reason=str(error)))


def _who_answers(route: Connection) -> list[object]:
    """The address and start of the server at the end of a route; empty where none answers.

    Of several hosts it is the first that takes writes, as libpq's target_session_attrs asks for.
    """
    choices = one_by_one(route)
    for each in choices:
        session = Session(each)
        try:
            ((*who, primary),) = session.ask(_WHO, within=PATIENCE)
        except DataOpsError:
            continue
        finally:
            session.close()
        if primary or len(choices) == 1:
            return who
    return []


def _ask(name: str, address: str, session: Session) -> Look:
    return look(name, address, session, within=PATIENCE)
