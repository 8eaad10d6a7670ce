"""The servers that a client may go to, one by one."""

from __future__ import annotations

from collections.abc import Mapping

Address = Mapping[str, str]
"""libpq's parameters of one server."""


def addresses(parameters: Mapping[str, str]) -> tuple[Address, ...]:
    """The servers that libpq's parameters name, each on its own and in their order.

    libpq pairs ``host`` with ``port``; one port holds for all (PostgreSQL documentation, 34.1.1.3).
    """
    hosts = parameters.get("host", "").split(",")
    ports = parameters.get("port", "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    if len(ports) != len(hosts):
        raise ValueError(f"{len(hosts)} hosts, but {len(ports)} ports")
    return tuple(
        {**parameters, **{name: value for name, value in (("host", host), ("port", port)) if value}}
        for host, port in zip(hosts, ports, strict=True)
    )
