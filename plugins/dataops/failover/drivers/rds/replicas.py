"""A DB instance with read replicas: promoted by order, and the old primary shut off by security groups.

AWS lets nobody kill an instance. So a node is cut off: its security groups are replaced by ones that let
nobody in, and a reboot ends the sessions that were open, since a security group does not cut those. What it
had before is written down as a tag of the instance first, so that any process can put it back.

A promoted replica never follows again, and neither does the old primary: it is renamed, and a new replica
gets its name. The renamed one is stopped and kept, never deleted; AWS starts it again after seven days.

Sources: Amazon RDS User Guide, "Working with DB instance read replicas", "Stopping an Amazon RDS DB
instance"; Amazon EC2 User Guide, "Security group connection tracking".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dataops.connections import Resolve
from dataops.errors import DataOpsError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.aws import AwsRefused, asked
from dataops.failover.drivers.automatic import wait_until
from dataops.failover.drivers.driver import ActionName, DriverFailed, OutcomeUnknown, Rejoined, Told
from dataops.failover.drivers.managed import Managed
from dataops.failover.drivers.native.session import Session
from dataops.failover.drivers.rds.api import RdsApi
from dataops.failover.drivers.rds.instance import DOWN, Instance
from dataops.failover.topology import Node, Role, Topology
from dataops.inventory.failover import Failover
from dataops.postgres import sql

GROUPS = "dataops:security-groups"
"""Tag: the security groups that a fenced instance had."""
FENCED = "dataops:fenced"
"""Tag: that it is shut off as a fence, so that healing a fault does not open it."""
ENDED = "dataops:sessions-ended"
"""Tag: when the reboot that ended a fenced instance's sessions was over."""
_PROMOTED = 1800.0
"""Seconds; "can take several minutes or longer" (User Guide, "Promoting a read replica")."""
_CHANGED = 900.0
_COPIED = 6 * 3600.0
_SHUT_OUT = 5.0
"""Seconds after which a new connection that hangs counts as shut out."""
_SAME = {
    "DBInstanceClass": "DBInstanceClass",
    "PubliclyAccessible": "PubliclyAccessible",
    "MultiAZ": "MultiAZ",
    "StorageType": "StorageType",
    "CopyTagsToSnapshot": "CopyTagsToSnapshot",
    "DeletionProtection": "DeletionProtection",
    "AutoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "AvailabilityZone": "AvailabilityZone",
}
"""What a new replica takes over from the instance whose name it gets: our argument, AWS's description."""


class ReplicaDriver(Managed):
    """See ``Driver``."""

    name = "rds"
    automatic = False

    def __init__(
        self,
        settings: Failover,
        resolve: Resolve,
        api: RdsApi,
        fence: frozenset[str],
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(settings, resolve, say)
        self._api = api
        self._fence = fence

    def observe(self) -> Topology:
        nodes, routed = self._nodes.look(self.routed())
        return Topology(self.name, tuple(map(self._seen, nodes)), routed, datetime.now(UTC))

    def supports(self, fault: str) -> str:
        if fault not in {"cut_node", "stop"}:
            return (
                f"RDS lets nobody bring about {fault}: an instance with read replicas can be cut off (mode "
                "partition) or handed over (mode switchover)."
            )
        return ""

    def tell(self, action: ActionName, node: str, seen: Topology, fault: str = "") -> Told:
        shut = self._told_shut(node)
        back = (
            f"aws rds modify-db-instance {node} --vpc-security-group-ids <as before> --apply-immediately",
        )
        told: dict[str, Told] = {
            "break": Told(shut, undo=back, worst=f"Nobody reaches {node}, and its sessions end."),
            "heal": Told(back),
            "fence": Told(shut, undo=back, worst=f"Nobody reaches {node}, and its sessions end."),
            "promote": Told(
                (f"aws rds promote-read-replica --db-instance-identifier {node}",),
                worst=f"What {node} had not received is lost, and it never follows again.",
            ),
            "switch": Told(
                (
                    "# shut off, end sessions, wait until the replica has all WAL, then:",
                    f"aws rds promote-read-replica --db-instance-identifier {node}",
                ),
                worst="Clients wait until the replica is promoted, which takes minutes.",
            ),
            "rejoin": Told(
                (
                    f"aws rds modify-db-instance {node} --new-db-instance-identifier {node}-before-<UTC>",
                    f"aws rds create-db-instance-read-replica --db-instance-identifier {node}",
                    f"aws rds stop-db-instance --db-instance-identifier {node}-before-<UTC>",
                ),
                worst=f"The old {node} is kept under its new name, stopped, and costs its storage.",
            ),
            "route": self._route.tell(node) if action == "route" else Told(()),
        }
        return told.get(action, Told(()))

    def inject(self, fault: str, node: str) -> None:
        self._shut(node)

    def effect(self, fault: str, node: str) -> Check:
        """Looks, and changes nothing: whether it is shut off now, and whether we ourselves are shut out."""

        def look() -> Seen:
            shut = self._is_shut(self._api.describe(node))
            session = Session(self.connection(node))
            enters = _opened(session) is not None
            session.close()
            where = "shut off" if shut else "open"
            return Seen(
                shut and not enters, f"{where}; a new connection {'gets' if enters else 'does not get'} in"
            )

        check = checked("fault took effect", f"nobody reaches {node}", look)
        red = check.verdict is Verdict.FAILED  # nothing is wrong with the server: nothing was tested
        return check.model_copy(update={"verdict": Verdict.INCONCLUSIVE}) if red else check

    def heal(self, fault: str, node: str) -> None:
        """Fault and fence are one thing here: a node that was fenced since stays shut off."""
        if FENCED not in self._api.describe(node).tags:
            self.unfence(node)

    def fence(self, node: str) -> Check:
        """Shut off, its sessions ended: by AWS's word, and because we ourselves no longer get in."""

        def look() -> Seen:
            witness = Session(self.connection(node))
            before = _opened(witness)
            self._api.tag(self._api.describe(node), FENCED, "yes")
            self._shut(node)
            instance = self._api.describe(node)
            after = _opened(witness)
            witness.close()
            told = f"security groups {', '.join(instance.groups)}; sessions ended {instance.tags.get(ENDED)}"
            reason = "an old session still lives" if after is before else "a new connection still gets in"
            return Seen(after is None, told, reason if after is not None else "")

        return checked(f"{node} is fenced", "nobody gets in, and no session lives", look)

    def unfence(self, node: str) -> None:
        """Opened with the groups of before. ``DriverFailed`` where another node was promoted since."""
        instance = self._api.describe(node)
        if GROUPS not in instance.tags:
            return
        others = [self._there(name) for name in self._settings.nodes if name != node]
        leading = [each.identifier for each in others if each is not None and not each.source]
        if leading and not instance.source:
            raise DriverFailed(
                f"{node} stays shut off, since {leading[0]} was promoted: two would take writes."
            )
        before = instance.tags[GROUPS].split()
        self._api.modify(node, VpcSecurityGroupIds=before)
        self._api.wait(node, lambda each: each.shut_by(frozenset(before)), seconds=_CHANGED, what="opened")
        self._api.untag(instance, GROUPS, FENCED, ENDED)

    def promote(self, node: str) -> None:
        if self._api.describe(node).source:
            asked(
                f"Promoting {node}",
                lambda: self._api.calls.promote_read_replica(DBInstanceIdentifier=node),
            )
        self._api.wait(
            node,
            lambda each: not each.source and each.available and self._nodes.takes_writes(node),
            seconds=_PROMOTED,
            what="promoted and writable",
        )

    def switch(self, old: str, new: str) -> None:
        """Without loss: nobody comes in any more, all sessions end, the replica gets the rest, then it leads.

        One session of our own stays open meanwhile, as security groups do not cut it, and says how far the
        old primary wrote. Where anything fails before the promotion, the old primary is opened again.
        """
        if not self._api.describe(new).source:
            self.promote(new)
            return
        try:
            self._hand_over(old, new)
        except DataOpsError as error:
            self.unfence(old)
            raise DriverFailed(f"{old} stays primary, and was opened again: {error}") from error
        self.promote(new)

    def rejoin(self, node: str, upstream: str, *, rebuild: bool = False) -> Rejoined:
        """A new replica under the old name. May be repeated: what is done already is not done again."""
        begun = time.monotonic()
        present = self._there(node)
        if present is not None and present.source == upstream and not rebuild:
            self._api.wait(node, lambda each: each.available, seconds=_COPIED, what="a replica")
            return Rejoined("automatic", round(time.monotonic() - begun, 3))
        kept = ""
        if present is not None:
            kept = f"{node}-before-{datetime.now(UTC):%Y%m%d%H%M%S}"
            self._rename(node, kept)
            self._make_replica(node, upstream, present)
            _try(lambda: self._api.calls.stop_db_instance(DBInstanceIdentifier=kept))
        else:
            self._make_replica(node, upstream, self._api.describe(upstream))
        self._api.wait(
            node, lambda each: each.available and each.source == upstream, seconds=_COPIED, what="a replica"
        )
        why = "" if rebuild else "an instance that was primary can never become a replica at RDS"
        return Rejoined("rebuild", round(time.monotonic() - begun, 3), kept, why)

    def _hand_over(self, old: str, new: str) -> None:
        with_session = Session(self.connection(old))
        with_session.connect(within=_SHUT_OUT)
        try:
            self._close_groups(old)

            def alone() -> bool:
                rows = with_session.ask(sql(__package__, "end_sessions"), within=_SHUT_OUT)
                return not rows

            if not wait_until(alone, seconds=60, every=0.1):
                raise DriverFailed(f"Some sessions on {old} do not end.")
            ((written,),) = with_session.ask("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn", within=_SHUT_OUT)
        finally:
            with_session.close()
        if not wait_until(lambda: self._replayed(new) >= int(written), seconds=_CHANGED, every=0.2):
            raise DriverFailed(f"{new} did not receive what {old} wrote last in {_CHANGED:g} s.")
        fenced = self.fence(old)
        if fenced.verdict is not Verdict.PASSED:
            raise DriverFailed(f"{old} cannot be fenced: {fenced.reason}.")

    def _replayed(self, node: str) -> int:
        try:
            session = Session(self.connection(node))
            ((replayed,),) = session.ask("SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn", within=_SHUT_OUT)
            session.close()
        except DataOpsError:
            return -1
        return int(replayed or -1)

    def _shut(self, node: str) -> None:
        """Closed, and then rebooted, once: the tags say how far it got."""
        self._close_groups(node)
        instance = self._api.describe(node)
        if ENDED in instance.tags:
            return
        self._api.reboot(node)
        self._api.wait(node, lambda each: each.available, seconds=_CHANGED, what="rebooted")
        self._api.tag(instance, ENDED, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")

    def _close_groups(self, node: str) -> None:
        instance = self._api.describe(node)
        if GROUPS not in instance.tags:
            self._api.tag(instance, GROUPS, " ".join(instance.groups))
        if set(instance.groups) != self._fence:
            self._api.modify(node, VpcSecurityGroupIds=sorted(self._fence))
        self._api.wait(node, lambda each: each.shut_by(self._fence), seconds=_CHANGED, what="shut off")

    def _there(self, node: str) -> Instance | None:
        try:
            return self._api.describe(node)
        except AwsRefused as error:
            if error.code in {"DBInstanceNotFound", "DBInstanceNotFoundFault"}:
                return None
            raise

    def _rename(self, node: str, kept: str) -> None:
        self._api.modify(node, NewDBInstanceIdentifier=kept)
        if not wait_until(
            lambda: self._there(kept) is not None and self._there(node) is None,
            seconds=_CHANGED,
            every=self._api.every,
        ):
            raise OutcomeUnknown(f"{node} is not yet renamed to {kept} after {_CHANGED:g} s.")

    def _make_replica(self, node: str, upstream: str, like: Instance) -> None:
        groups = like.tags.get(GROUPS, " ".join(like.groups)).split()
        wanted = {**_taken_over(like.described), "VpcSecurityGroupIds": groups}
        asked(
            f"Making {node} a replica of {upstream}",
            lambda: self._api.calls.create_db_instance_read_replica(
                DBInstanceIdentifier=node, SourceDBInstanceIdentifier=upstream, **wanted
            ),
        )

    def _told_shut(self, node: str) -> tuple[str, ...]:
        groups = " ".join(sorted(self._fence))
        return (
            f"aws rds add-tags-to-resource {node} {GROUPS}=<present security groups>",
            f"aws rds modify-db-instance {node} --vpc-security-group-ids {groups} --apply-immediately",
            f"aws rds reboot-db-instance --db-instance-identifier {node}",
        )

    def _is_shut(self, instance: Instance) -> bool:
        """Whether nobody can write there: shut off by us, in effect by AWS's word, and no session left."""
        return ENDED in instance.tags and instance.shut_by(self._fence)

    def _seen(self, node: Node) -> Node:
        try:
            instance = self._api.describe(node.name)
        except DataOpsError as error:
            return replace(node, reason=" ".join(filter(None, (node.reason, str(error)))))
        said = {"rds.status": instance.status, "rds.zone": instance.zone, "rds.source": instance.source}
        strayed = self._strayed(node.name, instance.endpoint)
        if strayed:
            return replace(node, role=Role.UNKNOWN, reason=strayed)
        if node.role is Role.UNKNOWN and instance.status in DOWN:
            return replace(node, role=Role.DOWN, reason=f"AWS says that it is {instance.status}.")
        if node.role is Role.UNKNOWN and FENCED in instance.tags and self._is_shut(instance):
            return replace(node, role=Role.DOWN, reason="Fenced: its security groups let nobody in.")
        return replace(node, settings={**node.settings, **said})


def _taken_over(described: Mapping[str, Any]) -> dict[str, Any]:
    found = {ours: described[theirs] for ours, theirs in _SAME.items() if described.get(theirs) is not None}
    groups = [each["DBParameterGroupName"] for each in described.get("DBParameterGroups", ())]
    if groups and not groups[0].startswith("default."):
        found["DBParameterGroupName"] = groups[0]
    if found.get("MultiAZ"):  # AWS chooses both zones then
        found.pop("AvailabilityZone", None)
    return found


def _opened(session: Session) -> object | None:
    """The very connection that a session has now, which answers; None where it gets none."""
    try:
        session.ask("SELECT 1", within=_SHUT_OUT)
        return session.connect(within=_SHUT_OUT)
    except DataOpsError:
        return None


def _try(call: Callable[[], object]) -> bool:
    """Whether the call went well."""
    try:
        call()
    except DataOpsError:
        return False
    return True
