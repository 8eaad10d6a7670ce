"""A Multi-AZ DB instance: one address, behind which AWS changes to the standby of another zone.

The standby has no address and takes no connection, so the cluster has one node, which is its own successor.
What was before a failover is written down as a tag of the instance, so that any process can tell afterwards.

Sources: Amazon RDS User Guide, "Multi-AZ DB instance deployments", "Rebooting a DB instance".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from dataops.connections import Resolve
from dataops.errors import DataOpsError
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.automatic import wait_until
from dataops.failover.drivers.driver import ActionName, DriverFailed, OutcomeUnknown, Rejoined, Told
from dataops.failover.drivers.managed import Managed
from dataops.failover.drivers.rds.api import RdsApi
from dataops.failover.drivers.rds.instance import DOWN
from dataops.failover.topology import Node, Role, Topology
from dataops.inventory.failover import Failover

BEFORE = "dataops:failover-from"
"""Tag: the zone that it was in before a test failed it over."""
_FAULTS = ("kill", "stop")
_LONGEST = 900.0
"""Seconds; "typically 60-120 seconds", and longer with large transactions (User Guide)."""
_BROKEN = 60.0


class MultiAzDriver(Managed):
    """See ``Driver``. A failover is a reboot that AWS is told to do on the standby."""

    name = "rds"
    automatic = True

    def __init__(
        self, settings: Failover, resolve: Resolve, api: RdsApi, say: Callable[[str], None] = lambda _: None
    ) -> None:
        super().__init__(settings, resolve, say)
        self._api = api

    def observe(self) -> Topology:
        nodes, routed = self._nodes.look(self.routed())
        return Topology(self.name, tuple(map(self._seen, nodes)), routed, datetime.now(UTC))

    def supports(self, fault: str) -> str:
        if fault not in _FAULTS:
            return (
                f"RDS lets nobody bring about {fault}: of a Multi-AZ instance it knows a forced failover, "
                "which is `kill`."
            )
        (node,) = self._settings.nodes
        try:
            instance = self._api.describe(node)
        except DataOpsError as error:
            return str(error)
        if not instance.multi_az:
            return f"{node} is no Multi-AZ instance: it has no standby to fail over to."
        return "" if instance.available else f"{node} is {instance.status}, and must be available."

    def tell(self, action: ActionName, node: str, seen: Topology, fault: str = "") -> Told:
        reboot = f"aws rds reboot-db-instance --db-instance-identifier {node} --force-failover"
        told: dict[str, Told] = {
            "break": Told(
                (f"aws rds add-tags-to-resource {BEFORE}=<zone>", reboot),
                worst=f"{node} does not serve for one to two minutes; nothing that was acknowledged is lost.",
            ),
            "switch": Told(
                (reboot,),
                undo=(reboot,),
                worst=f"{node} does not serve for one to two minutes; nothing that was acknowledged is lost.",
            ),
            "promote": Told((f"# wait until {node} is available in another zone and takes writes",)),
            "fence": Told((f"# AWS ended the server of the old zone: {node} is in another one",)),
            "rejoin": Told((f"# wait until AWS has made {node} a new standby",)),
            "route": self._route.tell(node) if action == "route" else Told(()),
        }
        return told.get(action, Told(()))

    def inject(self, fault: str, node: str) -> None:
        instance = self._api.describe(node)
        self._api.tag(instance, BEFORE, instance.zone)
        self._api.reboot(node, failover=True)

    def effect(self, fault: str, node: str) -> Check:
        last = ""

        def broken() -> bool:
            nonlocal last
            instance = self._api.describe(node)
            last = f"{instance.status} in {instance.zone}"
            return not instance.available or instance.zone != instance.tags.get(BEFORE, instance.zone)

        def look() -> Seen:
            seen = wait_until(broken, seconds=_BROKEN, every=self._api.every)
            return Seen(seen, last, "" if seen else "AWS took the reboot and did nothing")

        check = checked("fault took effect", f"{node} is rebooted on its standby", look)
        red = check.verdict is Verdict.FAILED  # nothing is wrong with the server: nothing was tested
        return check.model_copy(update={"verdict": Verdict.INCONCLUSIVE}) if red else check

    def heal(self, fault: str, node: str) -> None:
        """A reboot ends by itself: it is waited for."""
        self._api.wait(node, lambda each: each.available, seconds=_LONGEST, what="available")
        self._forget(node)

    def fence(self, node: str) -> Check:
        """Of two servers behind one address only one ever runs; proven by the zone that it runs in now."""

        def look() -> Seen:
            instance = self._api.describe(node)
            before = instance.tags.get(BEFORE, "")
            moved = bool(before) and instance.available and instance.zone != before
            observed = f"{instance.status} in {instance.zone}, before in {before or 'an unknown zone'}"
            return Seen(moved, observed, "" if moved else "nothing shows that AWS ended the old server")

        check = checked(f"{node} is fenced", "available in another zone than before", look)
        unproven = check.verdict is Verdict.FAILED
        return check.model_copy(update={"verdict": Verdict.INCONCLUSIVE}) if unproven else check

    def unfence(self, node: str) -> None:
        """Nothing was fenced that AWS had not ended itself."""

    def promote(self, node: str) -> None:
        """Wait until AWS has changed to the other zone; ``DriverFailed`` where it stayed in the old one."""
        before = self._api.describe(node).tags.get(BEFORE, "")
        if not before:
            raise OutcomeUnknown(f"{node} bears no tag {BEFORE}: nobody knows which zone it was in.")
        seen = self._api.wait(
            node,
            lambda each: each.available and self._nodes.takes_writes(node),
            seconds=_LONGEST,
            what="available and writable",
        )
        if seen.zone == before:
            raise DriverFailed(
                f"AWS restarted {node} in {before} and did not change to the standby: see its events, "
                "and whether the standby was in order."
            )

    def switch(self, old: str, new: str) -> None:
        self.inject("stop", old)
        effect = self.effect("stop", old)
        if effect.verdict is not Verdict.PASSED:
            raise OutcomeUnknown(f"{old} was told to fail over, and {effect.observed}.")
        self.promote(new)

    def rejoin(self, node: str, upstream: str, *, rebuild: bool = False) -> Rejoined:
        """AWS makes a new standby by itself: waited for, so that the next failover has one."""
        begun = datetime.now(UTC)
        self._api.wait(
            node, lambda each: each.available and each.multi_az, seconds=_LONGEST, what="with a standby"
        )
        self._forget(node)
        return Rejoined("automatic", round((datetime.now(UTC) - begun).total_seconds(), 3))

    def _forget(self, node: str) -> None:
        instance = self._api.describe(node)
        if BEFORE in instance.tags:
            self._api.untag(instance, BEFORE)

    def _seen(self, node: Node) -> Node:
        try:
            instance = self._api.describe(node.name)
        except DataOpsError as error:
            return replace(node, reason=" ".join(filter(None, (node.reason, str(error)))))
        said = {
            "rds.status": instance.status,
            "rds.zone": instance.zone,
            "rds.multi_az": "on" if instance.multi_az else "off",
        }
        strayed = self._strayed(node.name, instance.endpoint)
        if strayed:
            return replace(node, role=Role.UNKNOWN, reason=strayed)
        if node.role is Role.UNKNOWN and instance.status in DOWN:
            return replace(node, role=Role.DOWN, reason=f"AWS says that it is {instance.status}.")
        return replace(node, settings={**node.settings, **said})
