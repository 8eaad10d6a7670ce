"""Amazon Route 53 as the route: one record of a hosted zone, whose value is the primary's address.

Sources: Route 53 API Reference, ChangeResourceRecordSets and GetChange: a change is PENDING until all
authoritative servers answer with it, then INSYNC. Resolvers and clients keep the old value for the record's
TTL all the same, and a session that is open stays where it is: so the old primary must be fenced.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dataops.connections import Connection, Resolve
from dataops.errors import ConfigurationError
from dataops.failover.aws import asked, client
from dataops.failover.drivers.automatic import wait_until
from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown, Told
from dataops.inventory.failover import Failover

_SPREAD = 120.0
"""Seconds until a change must be INSYNC; "generally within 60 seconds" (API Reference)."""
_EVERY = 0.5
_KINDS = ("CNAME", "A", "AAAA")


@dataclass(frozen=True)
class Record:
    """The record as it is now: what is changed is its one value, and nothing else."""

    whole: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.whole["Type"])

    @property
    def ttl(self) -> int:
        """Seconds for which resolvers keep its value."""
        return int(self.whole["TTL"])

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(str(each["Value"]).rstrip(".") for each in self.whole["ResourceRecords"])

    def leading_to(self, value: str) -> Mapping[str, Any]:
        """The same record with another value."""
        return {**self.whole, "ResourceRecords": [{"Value": value}]}


class Route53Route:
    """A record that names the primary."""

    kind = "route53"

    def __init__(
        self,
        route: Connection,
        aws: Connection,
        *,
        zone: str,
        name: str,
        nodes: Mapping[str, Connection],
        spread: float = _SPREAD,
    ) -> None:
        self._route = route
        self._aws = aws
        self._zone = zone
        self._name = name.rstrip(".") + "."
        self._nodes = nodes
        self._spread = spread

    @classmethod
    def of(cls, failover: Failover, resolve: Resolve) -> Route53Route:
        """The route of a server; ``ConfigurationError`` names the field that is missing or wrong."""
        route = failover.route
        wanted = {"control": route.control, "zone": route.zone, "record": route.record}
        missing = [name for name, value in wanted.items() if not value]
        if missing:
            raise ConfigurationError(
                f"failover.route.{missing[0]} is missing: Route 53 needs `control`, the AWS connection, "
                "`zone`, the id of the hosted zone, and `record`, the name of the record."
            )
        nodes = {name: resolve(node.connection) for name, node in failover.nodes.items()}
        clients = resolve(route.connection)
        ports = {each.port or 5432 for each in (*nodes.values(), clients)}
        if len(ports) > 1:
            raise ConfigurationError(
                f"A DNS record leads to an address and not to a port: all nodes and {clients.id} must use "
                f"one port, and they use {', '.join(map(str, sorted(ports)))}."
            )
        return cls(
            clients,
            resolve(str(route.control)),
            zone=str(route.zone),
            name=str(route.record),
            nodes=nodes,
        )

    def connection(self) -> Connection:
        return self._route

    def record(self) -> Record:
        """The record as it is. ``DriverFailed`` where there is none that could lead to one node."""
        answer = asked(
            f"Reading the record {self._name}",
            lambda: self._api.list_resource_record_sets(
                HostedZoneId=self._zone, StartRecordName=self._name, MaxItems="10"
            ),
        )
        found = [each for each in answer["ResourceRecordSets"] if each["Name"] == self._name]
        plain = [each for each in found if each["Type"] in _KINDS and each.get("ResourceRecords")]
        if len(found) != 1 or not plain:
            what = ", ".join(f"{each['Type']}{' alias' if 'AliasTarget' in each else ''}" for each in found)
            raise DriverFailed(
                f"The zone {self._zone} must have one record {self._name} of type {', '.join(_KINDS)} with a "
                f"value, neither alias nor one of several: it has {what or 'none'}."
            )
        return Record(plain[0])

    def lead(self, node: str) -> None:
        """Change the record; returns once every authoritative server answers with it.

        ``DriverFailed`` where AWS refuses, ``OutcomeUnknown`` where the change is not everywhere in time.
        """
        record = self.record()
        value = self._value(node, record.kind)
        if record.values == (value,):
            return
        change = asked(
            f"Leading {self._name} to {node}",
            lambda: self._api.change_resource_record_sets(
                HostedZoneId=self._zone,
                ChangeBatch={
                    "Comment": f"failover test: {node} is primary",
                    "Changes": [{"Action": "UPSERT", "ResourceRecordSet": record.leading_to(value)}],
                },
            ),
        )["ChangeInfo"]
        spreading = change["Id"]

        def everywhere() -> bool:
            answer = asked("Asking how far the change is", lambda: self._api.get_change(Id=spreading))
            return bool(answer["ChangeInfo"]["Status"] == "INSYNC")

        if change["Status"] != "INSYNC" and not wait_until(everywhere, seconds=self._spread, every=_EVERY):
            raise OutcomeUnknown(
                f"The record {self._name} is not yet on every server of Route 53 after {self._spread:g} s."
            )
        if self.record().values != (value,):
            raise DriverFailed(
                f"The record {self._name} was changed by somebody else meanwhile: see the zone."
            )

    def tell(self, node: str) -> Told:
        return Told(
            commands=(f"route53 UPSERT {self._name} in {self._zone}: value {self._nodes[node].host}",),
            worst="Clients keep the old address for the record's TTL, and open sessions stay where they are.",
        )

    def close(self) -> None:
        """Nothing is held."""

    @cached_property
    def _api(self) -> Any:
        return client(self._aws, "route53", None)

    def _value(self, node: str, kind: str) -> str:
        host = self._nodes[node].host
        try:
            version: int = ipaddress.ip_address(host).version
        except ValueError:
            version = 0
        if {0: "CNAME", 4: "A", 6: "AAAA"}[version] != kind:
            raise DriverFailed(
                f"The record {self._name} is of type {kind}, and {node} is reached at {host}: a name belongs "
                "into a CNAME, an address into an A or AAAA."
            )
        return host
