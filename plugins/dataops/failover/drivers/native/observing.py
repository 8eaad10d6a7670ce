"""The whole cluster at one moment: every node asked at once, and the route followed to where it leads."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.failover.drivers.native.looking import Look, look, with_sync_states
from dataops.failover.drivers.native.session import Session
from dataops.failover.hosts.member import Member
from dataops.failover.routes.libpq import one_by_one
from dataops.failover.routes.route import ClientRoute
from dataops.failover.topology import Node, Role, Topology
from dataops.postgres import ConnectionLost, ServerUnreachable

_PATIENCE = 2.0
"""Seconds until a node that does not answer counts as unknown."""
_WHO = "SELECT pg_postmaster_start_time()::text, inet_server_port(), pg_is_in_recovery()"
"""What tells the node that answers from all others: no two postmasters begin in the same microsecond."""


def observe(
    driver: str, members: Mapping[str, Member], sessions: Mapping[str, Session], route: ClientRoute
) -> Topology:
    """See ``Driver.observe``."""
    with ThreadPoolExecutor(len(members) + 1) as pool:
        looking = [pool.submit(_look, member, sessions[name]) for name, member in members.items()]
        answering = pool.submit(_answers, route)
        looks = [each.result() for each in looking]
        who = answering.result()
    nodes = with_sync_states(found for found, _ in looks)
    routed = next((found.node.name for found, identity in looks if who and identity == who), "")
    return Topology(driver, nodes, routed, datetime.now(UTC))


def _look(member: Member, session: Session) -> tuple[Look, tuple[object, ...]]:
    try:
        return _seen(member, session)
    except ConnectionLost:  # the session that was kept had died: only a new one tells anything
        session.close()
    except DataOpsError as error:
        return Look(_silent(member, error)), ()
    try:
        return _seen(member, session)
    except DataOpsError as error:
        return Look(_silent(member, error)), ()


def _seen(member: Member, session: Session) -> tuple[Look, tuple[object, ...]]:
    seen = look(member.name, member.endpoint, session, within=_PATIENCE)
    (identity,) = session.ask(_WHO, within=_PATIENCE)
    return seen, identity


def _silent(member: Member, error: DataOpsError) -> Node:
    """Down only where nobody listens and its machine says that nothing runs; else unknown."""
    try:
        living = member.host.processes()
    except DataOpsError as unreachable:
        return Node(member.name, Role.UNKNOWN, member.endpoint, reason=f"{error} {unreachable}")
    if living or not isinstance(error, ServerUnreachable):
        reason = f"{error} On its machine {len(living)} processes live."
        return Node(member.name, Role.UNKNOWN, member.endpoint, reason=reason)
    return Node(member.name, Role.DOWN, member.endpoint, reason="No process of it lives.")


def _answers(route: ClientRoute) -> tuple[object, ...]:
    """Who answers clients: of several hosts the first one that a client would take."""
    try:
        connection = route.connection()
    except DataOpsError:
        return ()
    for host in one_by_one(connection):
        found = _asked(host)
        if found and not (found[2] and _wants_primary(connection)):
            return found
    return ()


def _asked(connection: Connection) -> tuple[object, ...]:
    with closing(Session(connection)) as session:
        try:
            (identity,) = session.ask(_WHO, within=_PATIENCE)
        except DataOpsError:
            return ()
        return identity


def _wants_primary(connection: Connection) -> bool:
    return connection.extra.get("target_session_attrs") in {"read-write", "primary"}
