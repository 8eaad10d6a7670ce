"""The driver of a cluster that Patroni runs: it promotes by itself, and the test judges what it did.

Sources: Patroni documentation, "Patroni REST API", "Pause/Resume mode for the cluster", "Replication modes";
what is said about behaviour was seen on Patroni 4.1 with etcd.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from dataops.connections import Connection, Resolve
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.asking import Nodes
from dataops.failover.drivers.automatic import AnotherPromoted, Asked, wait_until
from dataops.failover.drivers.driver import ActionName, DriverFailed, OutcomeUnknown, Rejoined, Told
from dataops.failover.drivers.patroni import faults, telling
from dataops.failover.drivers.patroni.api import PatroniApi
from dataops.failover.drivers.patroni.daemon import Daemon
from dataops.failover.drivers.patroni.view import Cluster, unready
from dataops.failover.faults.fault import Ground
from dataops.failover.faults.registry import fault_of
from dataops.failover.hosts.member import Member
from dataops.failover.routes.choosing import client_route
from dataops.failover.topology import Node, Role, Topology
from dataops.inventory import Server
from dataops.inventory.failover import Failover

_OFTEN = 0.02
"""Seconds between two looks at whether the candidate takes writes."""
_SELDOM = 0.5
"""Seconds between two looks at whether Patroni chose another one."""
_SWITCHED = 60.0
_SYNCHRONOUS = 30.0
"""Seconds until a member that streams must have become a synchronous standby, where it may be one at all."""
_SETTLED = 60.0
"""Seconds for the old leader of a switchover to restart as a standby, before it is looked at as it is."""
_JOINED = 120.0
"""Seconds for a restarted member to stream; a rebuild copies the whole database and has hours."""
_REBUILT = 6 * 3600.0
_MARK = "dataops: fenced by a failover test; Patroni replaces this file when it starts the member\n"


class PatroniDriver:
    """See ``Driver``. Names of nodes are Patroni's names of members."""

    name = "patroni"
    automatic = True

    def __init__(self, settings: Failover, resolve: Resolve, say: Callable[[str], None]) -> None:
        if settings.api is None or settings.cluster is None:
            raise ConfigurationError(
                "The driver patroni needs `failover.api`, the connection to Patroni's REST API, and "
                "`failover.cluster`, Patroni's scope."
            )
        self._settings = settings
        self._resolve = resolve
        self._say = say
        self._api = PatroniApi(resolve(settings.api), settings.cluster)
        self._daemons: dict[str, Daemon] = {}
        self._restarting = ""
        self._route = client_route(settings, resolve)
        self._nodes = Nodes({name: self.connection(name) for name in settings.nodes})

    @classmethod
    def of(
        cls, server: Server, resolve: Resolve, say: Callable[[str], None] = lambda _: None
    ) -> PatroniDriver:
        """The driver of a server of the inventory; nothing is connected to yet."""
        if server.failover is None:
            raise ConfigurationError(f"{server.name} has no `failover:` in its file.")
        return cls(server.failover, resolve, say)

    def connection(self, node: str) -> Connection:
        return self._resolve(self._settings.nodes[node].connection)

    def routed(self) -> Connection:
        return self._route.connection()

    def observe(self) -> Topology:
        """Each member by its own SQL; who leads, by Patroni's store. Down only where its machine says so.

        A member that a switchover of ours restarts is given the time to come back: clients are served.
        """
        self._let_settle()
        nodes, routed = self._nodes.look(self.routed())
        try:
            cluster: Cluster | None = self._api.cluster()
            reason = ""
        except DataOpsError as error:
            cluster, reason = None, str(error)
        seen = tuple(self._seen(each, cluster, reason) for each in nodes)
        return Topology(self.name, seen, routed, datetime.now(UTC))

    def supports(self, fault: str) -> str:
        lacking = [name for name, node in self._settings.nodes.items() if node.host is None]
        if faults.known(fault) is None and fault not in faults.CUTS:
            return faults.refusal(fault)
        if lacking:
            return (
                "Nodes are broken by their machine: name it as `host` of "
                f"{', '.join(lacking)} in the server's file."
            )
        try:
            trouble = unready(self._api.cluster(), self._api.configuration())
            return trouble or (fault_of(fault).supports(self._ground) if fault in faults.CUTS else "")
        except DataOpsError as error:
            return str(error)

    def tell(self, action: ActionName, node: str, seen: Topology, fault: str = "") -> Told:
        if fault in faults.CUTS and action in {"break", "heal"}:
            told = fault_of(fault).tell(self._ground, node)
            return told if action == "break" else Told(told.undo)
        host = self._settings.nodes[node].host
        return telling.tell(
            action,
            node,
            fault=fault,
            member=telling.Member.of(self._resolve(host) if host else None, self._api.address(node)),
            leader=next((each.name for each in seen.primaries), ""),
            route=self._route.tell(node) if action == "route" else None,
        )

    def inject(self, fault: str, node: str) -> None:
        if fault in faults.CUTS:
            fault_of(fault).inject(self._ground, node)
            return
        broken = self._fault(fault)
        for name in self._hit_by(fault, node):
            broken.inject(self._daemon(name))

    def effect(self, fault: str, node: str) -> Check:
        if fault in faults.CUTS:
            return fault_of(fault).effect(self._ground, node)
        shows = self._fault(fault).shows
        hit = self._hit_by(fault, node)

        def look() -> Seen:
            seen = [shows(self._daemon(name)) for name in hit]
            wrong = next((each for each in seen if not each.well), None)
            return wrong or Seen(
                True, [f"{name}: {each.observed}" for name, each in zip(hit, seen, strict=True)]
            )

        check = checked("fault took effect", f"{fault} of {', '.join(hit)}", look)
        red = check.verdict is Verdict.FAILED  # nothing is wrong with the cluster: nothing was tested
        return check.model_copy(update={"verdict": Verdict.INCONCLUSIVE}) if red else check

    def heal(self, fault: str, node: str) -> None:
        if fault in faults.CUTS:
            fault_of(fault).heal(self._ground, node)
            return
        for name in self._hit_by(fault, node):
            self._fault(fault).heal(self._daemon(name))

    def fence(self, node: str) -> Check:
        """Killed with Patroni, unless it already follows another leader: then it is fenced by that."""

        def look() -> Seen:
            leader, daemon = self._leader(), self._daemon(node)
            hung = any(each.stopped for each in daemon.all())
            if leader not in {"", node} and not hung and self._follows(node):
                return Seen(True, f"it follows {leader}, in recovery")
            self._mark(daemon)
            daemon.kill()
            self._mark(daemon)  # a Patroni that was just starting may have replaced it
            living = daemon.all()
            held = self._leader()
            told = f"{len(living)} processes; leader by Patroni's store: {held or 'nobody'}"
            return Seen(not living, told, "" if not living else "it came back while it was fenced")

        return checked(f"{node} is fenced", "no process runs, and a start comes up read-only", look)

    def unfence(self, node: str) -> None:
        daemon = self._daemon(node)
        path = f"{daemon.data}/standby.signal"
        if (daemon.host.read(path) or "") == _MARK:
            daemon.host.remove(path)
        daemon.start()

    def promote(self, node: str) -> None:
        """Wait until Patroni has made it primary; a paused one is asked to, since it does nothing alone.

        ``AnotherPromoted`` where it chose another member; ``DriverFailed`` where it refused, or chose nobody
        in its own time (ttl, two loops and a retry); ``OutcomeUnknown`` where nobody can tell.
        """
        if self._takes_writes(node):
            return
        longest, cluster = self._api.configuration().longest, self._api.cluster()
        asked = Asked()
        if cluster.paused:
            self._say(f"Patroni is paused: asking it to fail over to {node}.")
            asked = Asked(lambda: self._api.fail_over(node))
        if not self._comes_to_lead(node, before=cluster.leader, asked=asked, seconds=longest):
            raise DriverFailed(
                f"Patroni made nobody primary within {longest:g} s (ttl, two loops and a retry): its leader "
                f"is {self._api.cluster().leader or 'nobody'}. See its logs, and `patronictl list`."
            )

    def switch(self, old: str, new: str) -> None:
        """Returns once the new one takes writes, so that clients can be led there: the old one restarts."""
        if self._leader() == new and self._takes_writes(new):
            return
        self._wait_for_synchrony(new)
        self._restarting = old
        asked = Asked(lambda: self._api.switch_over(old, new))
        if not self._comes_to_lead(new, before=old, asked=asked, seconds=_SWITCHED):
            raise OutcomeUnknown(
                f"{new} takes no writes {_SWITCHED:g} s after Patroni was asked for the switchover: its "
                f"leader is {self._leader() or 'nobody'}."
            )

    def route(self, node: str) -> None:
        self._route.lead(node)

    def rejoin(self, node: str, upstream: str, *, rebuild: bool = False) -> Rejoined:
        """Start Patroni, which rewinds the member where it can; or let it copy anew beside the old directory.

        Patroni's own ``reinitialize`` deletes the data directory: so it is moved away first, and Patroni
        makes a new one because there is none.
        """
        begun = time.monotonic()
        daemon = self._daemon(node)
        if not rebuild and self._follows(node):
            return Rejoined("automatic", 0.0)
        kept, reason = "", ""
        if rebuild:
            daemon.kill()
            kept = f"{daemon.data}.before-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
            if daemon.host.exists(daemon.data):
                daemon.host.rename(daemon.data, kept)
            reason = "asked for"
        elif any(each.stopped for each in daemon.all()):
            daemon.kill()
        daemon.start()
        patience = _REBUILT if rebuild else _JOINED
        if not wait_until(lambda: self._follows(node), seconds=patience, every=0.1):
            status = self._api.status(node)
            state = f"{status.role}, {status.state}" if status else "silent"
            raise DriverFailed(
                f"{node} does not stream from {upstream} after {patience:g} s; Patroni says it is {state}. "
                "Where it cannot be rewound, rejoin it with a rebuild."
            )
        seconds = round(time.monotonic() - begun, 3)
        return Rejoined("rebuild" if rebuild else "automatic", seconds, kept, reason)

    def dead(self, node: str) -> bool:
        """Whether its machine says that neither Patroni nor PostgreSQL runs there."""
        return not self._daemon(node).all()

    def close(self) -> None:
        """Let go of sessions and machines."""
        self._nodes.close()
        self._route.close()
        for daemon in self._daemons.values():
            daemon.host.close()

    def _fault(self, fault: str) -> faults.Fault:
        found = faults.known(fault)
        if found is None:
            raise ConfigurationError(f"The driver patroni cannot bring about {fault}.")
        return found

    def _hit_by(self, fault: str, node: str) -> list[str]:
        return list(self._settings.nodes) if fault == "region_lost" else [node]

    @property
    def _ground(self) -> Ground:
        """Where faults of the network happen, as ``faults`` of any cluster want it."""
        members = {
            name: Member(name, self.connection(name), self._daemon(name).host)
            for name in self._settings.nodes
        }
        return Ground(
            members,
            start=lambda node: self._daemon(node).start(),
            stop=lambda node: self._daemon(node).stop(),
            ask=self._nodes.ask,
            shared=self._settings.one_machine,
        )

    def _daemon(self, node: str) -> Daemon:
        if node not in self._daemons:
            host = self._settings.nodes[node].host
            if host is None:
                raise ConfigurationError(
                    f"The node {node} has no `host`: name the connection to its machine."
                )
            self._daemons[node] = Daemon(node, self._resolve(host))
        return self._daemons[node]

    def _seen(self, node: Node, cluster: Cluster | None, reason: str) -> Node:
        if node.role is Role.UNKNOWN and self._settings.nodes[node.name].host:
            try:
                if self.dead(node.name):
                    return replace(node, role=Role.DOWN, reason="Neither Patroni nor PostgreSQL runs there.")
            except DataOpsError as error:
                node = replace(node, reason=f"{node.reason} {error}")
        if cluster is None:
            return replace(node, reason=" ".join(filter(None, (node.reason, reason))))
        settings = {**node.settings, "patroni.pause": "on" if cluster.paused else "off"}
        member = next((each for each in cluster.members if each.name == node.name), None)
        if member is not None:
            settings |= {"patroni.role": member.role, "patroni.state": member.state}
        return replace(node, settings=settings)

    def _leader(self) -> str:
        try:
            return self._api.cluster().leader
        except OutcomeUnknown:
            return ""

    def _follows(self, node: str) -> bool:
        status = self._api.status(node)
        return status is not None and status.follows

    def _takes_writes(self, node: str) -> bool:
        return self._nodes.takes_writes(node)

    def _let_settle(self) -> None:
        node, self._restarting = self._restarting, ""
        if node:
            wait_until(lambda: self._follows(node) or self.dead(node), seconds=_SETTLED, every=_SELDOM)

    def _wait_for_synchrony(self, node: str) -> None:
        """Where the cluster is synchronous, Patroni hands over to a synchronous standby alone.

        A member that has just come back becomes one a few loops later; if it does not, Patroni says why.
        """
        if self._api.configuration().synchronous:
            wait_until(lambda: self._api.cluster().is_synchronous(node), seconds=_SYNCHRONOUS, every=_SELDOM)

    def _comes_to_lead(self, node: str, *, before: str, asked: Asked, seconds: float) -> bool:
        """Whether the node takes writes in time; raises where that was refused, or another one leads."""
        end = time.monotonic() + seconds
        look_at_others = time.monotonic() + _SELDOM
        while time.monotonic() < end:
            if self._takes_writes(node):
                return True
            if time.monotonic() > look_at_others:
                self._refuse_another(node, before)
                asked.refuse()
                look_at_others = time.monotonic() + _SELDOM
            time.sleep(_OFTEN)
        return False

    def _refuse_another(self, node: str, before: str) -> None:
        leader = self._leader()
        if leader in {"", node, before}:
            return
        status = self._api.status(leader)
        if status is not None and status.leads:
            raise AnotherPromoted(
                f"Patroni made {leader} primary instead of {node}: name it in `standby`, or tag the others "
                "`nofailover` if they must not lead.",
                node=leader,
            )

    def _mark(self, daemon: Daemon) -> None:
        if daemon.host.exists(daemon.data):
            daemon.host.write(f"{daemon.data}/standby.signal", _MARK)
