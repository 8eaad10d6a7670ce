"""The driver of plain streaming replication: every action of a round, each by the module that knows it."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

from dataops.connections import Connection, Resolve
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.verdict import Check
from dataops.failover.drivers.driver import ActionName, Rejoined, Told
from dataops.failover.drivers.native import fencing, holding, observing, promoting, serving, switching
from dataops.failover.drivers.native.rejoining import Rejoining
from dataops.failover.drivers.native.session import Session
from dataops.failover.drivers.native.telling import told
from dataops.failover.faults.fault import Ground, unproven
from dataops.failover.faults.promoting import arms
from dataops.failover.faults.registry import fault_of
from dataops.failover.hosts.ending import end_tree
from dataops.failover.hosts.host import Host
from dataops.failover.hosts.member import Member, members_of
from dataops.failover.routes.choosing import client_route
from dataops.failover.routes.route import ClientRoute
from dataops.failover.topology import Topology
from dataops.inventory import Server

log = logging.getLogger(__name__)

_REFUSED_WITHIN = 0.2
"""Seconds in which a machine that is well refuses a connection to a port where nobody listens."""


class NativeDriver:
    """Nodes that follow each other by streaming replication, without any cluster manager. See ``Driver``."""

    name = "native"
    automatic = False

    def __init__(
        self,
        members: Mapping[str, Member],
        route: ClientRoute,
        *,
        shared: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._members = members
        self._route = route
        self._say = say
        self._sessions = {name: Session(member.connection) for name, member in members.items()}
        self._ground = Ground(members, self._start, self._stop, self._ask, shared)
        self._armed = False
        self._holding: threading.Thread | None = None

    @classmethod
    def of(
        cls, server: Server, resolve: Resolve, say: Callable[[str], None] = lambda _: None
    ) -> NativeDriver:
        """The driver of a server of the inventory; or ``ConfigurationError``."""
        if server.failover is None:
            raise ConfigurationError(f"Server {server.name!r} has no `failover:`: say what its nodes are.")
        members = members_of(server.failover, resolve)
        shared = server.failover.one_machine
        return cls(members, client_route(server.failover, resolve), shared=shared, say=say)

    def observe(self) -> Topology:
        """See ``Driver``. The sessions stay open, so that what follows need not connect."""
        return observing.observe(self.name, self._members, self._sessions, self._route)

    def connection(self, node: str) -> Connection:
        return self._member(node).connection

    def routed(self) -> Connection:
        return self._route.connection()

    def host(self, node: str) -> Host:
        """The machine of a node."""
        return self._member(node).host

    def supports(self, fault: str) -> str:
        return fault_of(fault).supports(self._ground)

    def tell(self, action: ActionName, node: str, seen: Topology, fault: str = "") -> Told:
        return told(action, self._member(node), seen, self._ground, self._route, fault)

    def prepare(self, candidate: str) -> None:
        """Open beforehand what the critical section needs: the candidate's session, the machines."""
        self._sessions[candidate].ask("SELECT 1", within=5)
        with ThreadPoolExecutor(len(self._members)) as pool:
            list(pool.map(lambda member: member.host.processes(), self._members.values()))

    def dead(self, node: str) -> bool:
        """Whether nothing of the node lives, by its machine's word, and its port refuses connections.

        Milliseconds. False where either cannot be told: a node that is unknown is not dead.
        """
        member = self._member(node)
        try:
            if member.host.processes():
                return False
        except DataOpsError:
            return False
        return _refuses(member)

    def inject(self, fault: str, node: str) -> None:
        self._armed = arms(fault)
        fault_of(fault).inject(self._ground, self._member(node).name)

    def effect(self, fault: str, node: str) -> Check:
        member = self._member(node)
        try:
            return fault_of(fault).effect(self._ground, member.name)
        except DataOpsError as error:
            return unproven(f"{fault} of {node} is in effect", f"it cannot be seen: {error}")

    def heal(self, fault: str, node: str) -> None:
        self._armed = False
        fault_of(fault).heal(self._ground, self._member(node).name)

    def fence(self, node: str) -> Check:
        return fencing.fence(self._member(node))

    def unfence(self, node: str) -> None:
        """See ``Driver``. The fence killed what lived there, so it is started."""
        member = self._member(node)
        if fencing.unfence(member):
            serving.stop(member)
            serving.start(member, self._sessions[node])

    def promote(self, node: str) -> None:
        host = self._member(node).host
        cut_short = (lambda: _end(host)) if self._armed else None
        self._armed = False
        promoting.promote(node, self._sessions[node], ordered=cut_short)
        self._hold_wal(node)

    def switch(self, old: str, new: str) -> None:
        switching.switch(self._member(old), self._member(new), self._sessions[old], self._sessions[new])
        self._hold_wal(new)

    def route(self, node: str) -> None:
        self._route.lead(self._member(node).name)

    def rejoin(self, node: str, upstream: str, *, rebuild: bool = False) -> Rejoined:
        if self._holding is not None:
            self._holding.join(timeout=30)
        sessions = self._sessions
        others = tuple(session for name, session in sessions.items() if name not in {node, upstream})
        back = Rejoining(
            self._member(node), self._member(upstream), sessions[node], sessions[upstream], others
        )
        rejoined = back.run(rebuild=rebuild)
        self._say(
            f"{node} follows {upstream}: {rejoined.how}, {rejoined.seconds:.1f} s {rejoined.reason}".strip()
        )
        return rejoined

    def close(self) -> None:
        """Let go of sessions, machines and the route."""
        for session in self._sessions.values():
            session.close()
        for member in self._members.values():
            with suppress(DataOpsError):
                member.host.close()
        self._route.close()

    def __enter__(self) -> NativeDriver:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _hold_wal(self, primary: str) -> None:
        """Hold WAL for all others, beside the critical section: clients must not wait for it."""
        others = [name for name in self._members if name != primary]
        session = Session(self._members[primary].connection)

        def hold() -> None:
            with closing(session):
                trouble = holding.hold(session, others)
            if trouble:
                log.warning("No WAL is held on %s for nodes that come back: %s", primary, trouble)

        self._holding = threading.Thread(target=hold, name="hold-wal", daemon=True)
        self._holding.start()

    def _member(self, node: str) -> Member:
        if node not in self._members:
            known = ", ".join(sorted(self._members))
            raise ConfigurationError(f"There is no node {node!r}: failover.nodes has {known}.")
        return self._members[node]

    def _start(self, node: str) -> None:
        serving.start(self._members[node], self._sessions[node])

    def _stop(self, node: str) -> None:
        serving.stop(self._members[node])

    def _ask(self, node: str, statement: str, within: float) -> list[tuple[Any, ...]]:
        return self._sessions[node].ask(statement, within=within)


def _end(host: Host) -> None:
    end_tree(host)


def _refuses(member: Member) -> bool:
    try:
        address = (member.connection.host, member.port)
        socket.create_connection(address, timeout=_REFUSED_WITHIN).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
