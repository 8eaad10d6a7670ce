"""What the YAML of a server may say about failing it over: its nodes, the clients' route, who may test."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from dataops.inventory.duration import Duration
from dataops.inventory.fields import ConnectionId, Day, Host, Identifier, Name, Part, Text, text
from dataops.inventory.size import Size

NodeName = Annotated[
    str, text(r"^[a-z][a-z0-9_-]{0,62}$", 63, "lower-case letters, digits, - and _, a letter first")
]


class FailoverNode(Part):
    """One server process of the cluster, reached directly and not through the route."""

    connection: ConnectionId = Field(description="Connection straight to this node, never through the route.")
    host: ConnectionId | None = Field(
        None,
        description="Connection of type `local` or `ssh` to the machine that it runs on: by it the node is "
        "stopped, started and broken. The drivers `native` and `patroni` need it.",
    )


class Route(Part):
    """How clients find the primary."""

    kind: Literal["libpq", "haproxy", "route53", "endpoint"] = Field(
        "libpq",
        description="`libpq`: clients name every node and ask for one that is writable; `haproxy`: a proxy "
        "that is told; `route53`: a DNS record that is changed; `endpoint`: the cluster moves it by itself.",
    )
    connection: ConnectionId = Field(description="Connection that clients use.")
    control: ConnectionId | None = Field(
        None, description="Connection by which the route is changed: HAProxy's socket, or AWS."
    )
    backend: Text | None = Field(
        None, description="HAProxy's backend, whose servers bear the names of the nodes."
    )
    record: Host | None = Field(None, description="Route 53: the name of the record, in full.")
    zone: Identifier | None = Field(None, description="Route 53: the id of the hosted zone.")


class Freeze(Part):
    """A time in which nothing is tested."""

    since: Day = Field(description="First day, UTC.")
    until: Day = Field(description="Last day, UTC.")
    reason: Text = Field(description="Why.")


class Failover(Part):
    """How the server is failed over in tests, and what keeps them from the wrong target."""

    driver: Literal["native", "patroni", "rds", "aurora"] = Field(
        "native", description="What runs the cluster; `native` is plain streaming replication."
    )
    nodes: dict[NodeName, FailoverNode] = Field(
        description="The nodes by name: of `rds` and `aurora` the names of the instances."
    )
    route: Route = Field(description="How clients find the primary.")
    targets: ConnectionId = Field(
        "failover_targets",
        description="Connection whose `extra` lists what may be tested at all, by system identifier: kept by "
        "whoever runs the platform, not by whoever writes scenarios.",
    )
    cluster: Identifier | None = Field(
        None, description="Name of the cluster: Patroni's scope, or the identifier of the Aurora cluster."
    )
    api: ConnectionId | None = Field(
        None,
        description="Patroni: connection to the REST API of any member. `rds` and `aurora`: connection of "
        "type aws that may fail over.",
    )
    region: Identifier | None = Field(None, description="AWS: region of the cluster.")
    production: bool | None = Field(
        None,
        strict=True,
        description="Whether a second key is needed. Default: in environments named prod… it is.",
    )
    one_machine: bool = Field(
        False,
        strict=True,
        description="Whether nodes and guard share one machine, as in a sandbox. Else the guard must not run "
        "on a node.",
    )
    lag: Size = Field("16MB", description="WAL that a standby may lag behind; above it no test begins.")
    proven_within: Duration = Field(
        timedelta(days=8), description="How long ago a drill must have proven a backup of the server."
    )
    freezes: tuple[Freeze, ...] = Field((), description="Times in which nothing is tested.")
    members: tuple[Name, ...] = Field(
        (), description="Other databases whose clients use the same route, named in the worst case."
    )
