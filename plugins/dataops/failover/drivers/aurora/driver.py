"""The driver of an Aurora cluster, and of a Multi-AZ DB cluster, which has the same API.

Aurora restarts a crashed writer where it is, so the failover is asked for by name. Its storage takes writes
of one instance at a time; that the old writer has become a reader it must say itself.

Sources: Amazon Aurora User Guide, "Testing Amazon Aurora PostgreSQL by using fault injection queries" ("for
this fault injection query, a failover does not occur"), "High availability for Amazon Aurora"; Amazon RDS
API Reference, FailoverDBCluster.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from dataops.connections import Resolve
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.aws import AwsRefused, asked
from dataops.failover.drivers.asking import PATIENCE
from dataops.failover.drivers.aurora.cluster import DbCluster, cluster_of
from dataops.failover.drivers.aurora.looking import look
from dataops.failover.drivers.automatic import AnotherPromoted, wait_until
from dataops.failover.drivers.driver import ActionName, DriverFailed, OutcomeUnknown, Rejoined, Told
from dataops.failover.drivers.managed import Managed, aws_of
from dataops.failover.drivers.native.looking import Look
from dataops.failover.drivers.native.looking import look as look_at_postgres
from dataops.failover.drivers.native.session import Session
from dataops.failover.drivers.rds.api import EVERY, RdsApi
from dataops.failover.drivers.rds.instance import DOWN
from dataops.failover.topology import Node, Role, Topology
from dataops.inventory import Server
from dataops.inventory.failover import Failover

_FAULTS = ("kill", "kill_standby", "stop")
_LONGEST = 600.0
"""Seconds; "usually completed within 60 seconds, and often within 30" (User Guide)."""
_BROKEN = 60.0
_NOT_YET = frozenset(("InvalidDBClusterStateFault", "InvalidDBInstanceState", "InvalidDBInstanceStateFault"))
"""Refusals of a cluster whose crashed writer is still restarting."""


class AuroraDriver(Managed):
    """See ``Driver``. Names of nodes are the identifiers of the cluster's instances."""

    name = "aurora"
    automatic = True

    def __init__(
        self, settings: Failover, resolve: Resolve, api: RdsApi, say: Callable[[str], None] = lambda _: None
    ) -> None:
        if settings.cluster is None:
            raise ConfigurationError(
                "The driver aurora needs `failover.cluster`, the identifier of the cluster."
            )
        super().__init__(settings, resolve, say, ask=self._look)
        self._api = api
        self._identifier = settings.cluster
        self._witnesses: dict[str, tuple[Session, object]] = {}

    @classmethod
    def of(
        cls,
        server: Server,
        resolve: Resolve,
        say: Callable[[str], None] = lambda _: None,
        *,
        every: float = EVERY,
    ) -> AuroraDriver:
        """The driver of a server of the inventory. ``every``: seconds between two looks at AWS."""
        aws, region = aws_of(server, resolve)
        assert server.failover is not None
        return cls(server.failover, resolve, RdsApi(aws, region, every=every), say)

    def cluster(self) -> DbCluster:
        """The cluster now. ``AwsRefused`` where there is none, ``OutcomeUnknown`` where AWS is silent."""
        answer = asked(
            f"Looking at the cluster {self._identifier}",
            lambda: self._api.calls.describe_db_clusters(DBClusterIdentifier=self._identifier),
        )
        return cluster_of(answer["DBClusters"][0])

    def observe(self) -> Topology:
        try:
            cluster: DbCluster | None = self.cluster()
            reason = ""
        except DataOpsError as error:
            cluster, reason = None, str(error)
        nodes, routed = self._nodes.look(self.routed())
        seen = tuple(self._seen(each, cluster, reason) for each in nodes)
        return Topology(self.name, seen, routed, datetime.now(UTC))

    def supports(self, fault: str) -> str:
        if fault not in _FAULTS:
            return f"AWS lets nobody bring about {fault}: of a DB cluster it knows {', '.join(_FAULTS)}."
        try:
            cluster = self.cluster()
        except DataOpsError as error:
            return str(error)
        foreign = sorted(set(self._settings.nodes) ^ set(cluster.members))
        if foreign:
            return (
                f"The nodes of the server's file must be the instances of {cluster.identifier}, which are "
                f"{', '.join(cluster.members)}: see {', '.join(foreign)}."
            )
        return "" if cluster.status == "available" else f"{cluster.identifier} is {cluster.status}."

    def tell(self, action: ActionName, node: str, seen: Topology, fault: str = "") -> Told:
        fail_over = (
            f"aws rds failover-db-cluster --db-cluster-identifier {self._identifier} "
            f"--target-db-instance-identifier {node}",
        )
        told: dict[str, Told] = {
            "break": Told(
                (
                    f"on {node}: SELECT aurora_inject_crash('instance')",
                    "# of a Multi-AZ DB cluster, which has no such function: the instance is rebooted",
                ),
                worst=f"{node} restarts; what was not yet acknowledged is lost.",
            ),
            "promote": Told(fail_over, worst="All instances restart; nothing that was acknowledged is lost."),
            "switch": Told(fail_over, worst="All instances restart; nothing that was acknowledged is lost."),
            "fence": Told((f"# {node} must say itself that it is a reader; AWS sees to it",)),
            "rejoin": Told((f"# wait until {node} is a reader that keeps up",)),
            "heal": Told((f"# wait until {node} is available",)),
            "route": self._route.tell(node) if action == "route" else Told(()),
        }
        return told.get(action, Told(()))

    def inject(self, fault: str, node: str) -> None:
        """Crash the instance, and keep a session by which it shows that it went down."""
        witness = Session(self.connection(node))
        self._witnesses[node] = (witness, witness.connect(within=PATIENCE))
        if not self.cluster().is_aurora:
            self._api.reboot(node)
            return
        crashing = Session(self.connection(node))
        try:
            crashing.ask("SELECT aurora_inject_crash('instance')", within=PATIENCE)
        except DataOpsError as error:  # the answer is lost with the server; ``effect`` tells
            self._say(f"{node} was told to crash: {error}")
        finally:
            crashing.close()

    def effect(self, fault: str, node: str) -> Check:
        """A session that was open before is gone; inconclusive where it lives, or was never opened."""

        def look() -> Seen:
            if node not in self._witnesses:
                raise OutcomeUnknown(f"Nobody in this process saw {node} before it was broken.")
            witness, before = self._witnesses[node]
            gone = wait_until(lambda: _now(witness) is not before, seconds=_BROKEN, every=0.05)
            return Seen(gone, "its sessions ended" if gone else "an old session still answers")

        check = checked("fault took effect", f"{node} goes down", look)
        red = check.verdict is Verdict.FAILED  # nothing is wrong with the cluster: nothing was tested
        return check.model_copy(update={"verdict": Verdict.INCONCLUSIVE}) if red else check

    def heal(self, fault: str, node: str) -> None:
        """A crashed instance restarts by itself: it is waited for."""
        self._api.wait(node, lambda each: each.available, seconds=_LONGEST, what="available")

    def fence(self, node: str) -> Check:
        """It must say itself that it takes no writes, and AWS that it is not the writer."""

        def look() -> Seen:
            writer = self.cluster().writer
            if writer == node:
                raise OutcomeUnknown(f"{node} is still the writer of {self._identifier}.")
            if not wait_until(lambda: self._reads_only(node), seconds=_LONGEST, every=0.5):
                raise OutcomeUnknown(f"{node} does not say that it is a reader: {self._by_itself(node)}.")
            return Seen(True, f"a reader by its own word; the writer is {writer}")

        return checked(f"{node} is fenced", "a reader by its own word, and not the writer", look)

    def unfence(self, node: str) -> None:
        """Nothing was fenced that AWS would not open itself."""

    def promote(self, node: str) -> None:
        before = self.cluster().writer
        if before == node and self._nodes.takes_writes(node):
            return
        self._fail_over_to(node)
        writer = before

        def leads() -> bool:
            nonlocal writer
            writer = self.cluster().writer
            if writer not in {node, before, ""} and self._nodes.takes_writes(writer):
                raise AnotherPromoted(f"AWS made {writer} the writer instead of {node}.", node=writer)
            return writer == node and self._nodes.takes_writes(node)

        if not wait_until(leads, seconds=_LONGEST, every=self._api.every):
            raise OutcomeUnknown(
                f"{node} takes no writes {_LONGEST:g} s after the failover; AWS says that {writer} is the "
                "writer. See the cluster's events."
            )

    def switch(self, old: str, new: str) -> None:
        self.promote(new)

    def rejoin(self, node: str, upstream: str, *, rebuild: bool = False) -> Rejoined:
        """AWS lets an old writer read from the shared storage by itself: waited for."""
        begun = time.monotonic()
        self._api.wait(node, lambda each: each.available, seconds=_LONGEST, what="available")
        if not wait_until(lambda: self._reads_only(node), seconds=_LONGEST, every=0.5):
            raise DriverFailed(f"{node} is available and no reader of {upstream}: {self._by_itself(node)}.")
        return Rejoined("automatic", round(time.monotonic() - begun, 3))

    def close(self) -> None:
        for witness, _ in self._witnesses.values():
            witness.close()
        super().close()

    def _fail_over_to(self, node: str) -> None:
        def accepted() -> bool:
            try:
                asked(
                    f"Failing {self._identifier} over to {node}",
                    lambda: self._api.calls.failover_db_cluster(
                        DBClusterIdentifier=self._identifier, TargetDBInstanceIdentifier=node
                    ),
                )
            except AwsRefused as error:
                if error.code not in _NOT_YET:
                    raise
            except OutcomeUnknown as error:  # the cluster shows whether it was heard; else it is said again
                self._say(str(error))
            else:
                return True
            return self.cluster().writer == node

        if not wait_until(accepted, seconds=_LONGEST, every=self._api.every):
            raise DriverFailed(
                f"AWS does not take a failover to {node}: {self._identifier} is never in order."
            )

    def _look(self, name: str, address: str, session: Session) -> Look:
        ask = look if self.cluster().is_aurora else look_at_postgres
        return ask(name, address, session, within=PATIENCE)

    def _reads_only(self, node: str) -> bool:
        return self._by_itself(node) is Role.STANDBY

    def _by_itself(self, node: str) -> Role:
        connection = self.connection(node)
        session = Session(connection)
        try:
            address = f"{connection.host}:{connection.port or 5432}"
            return self._look(node, address, session).node.role
        except DataOpsError:
            return Role.UNKNOWN
        finally:
            session.close()

    def _seen(self, node: Node, cluster: DbCluster | None, reason: str) -> Node:
        if cluster is None:
            return replace(node, reason=" ".join(filter(None, (node.reason, reason))))
        try:
            instance = self._api.describe(node.name)
        except DataOpsError as error:
            return replace(node, reason=" ".join(filter(None, (node.reason, str(error)))))
        strayed = self._strayed(node.name, instance.endpoint)
        if strayed:
            return replace(node, role=Role.UNKNOWN, reason=strayed)
        if node.role is Role.UNKNOWN and instance.status in DOWN:
            return replace(node, role=Role.DOWN, reason=f"AWS says that it is {instance.status}.")
        identity = node.system_identifier or (cluster.resource if node.role is not Role.UNKNOWN else "")
        said = {
            "rds.status": instance.status,
            "rds.zone": instance.zone,
            "rds.writer": "on" if cluster.writer == node.name else "off",
        }
        return replace(node, system_identifier=identity, settings={**node.settings, **said})


def _now(session: Session) -> object | None:
    """The very connection that a session has now, which answers; None where it gets none."""
    try:
        session.ask("SELECT 1", within=PATIENCE)
        return session.connect(within=PATIENCE)
    except DataOpsError:
        return None
