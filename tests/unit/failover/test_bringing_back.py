"""Who may be brought back: nothing is touched where that cannot be told, or would make no sense."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.bringing_back import Wish, bring_back
from dataops.failover.topology import Role
from dataops.inventory import Inventory
from dataops.platform import Platform

from tests.unit.failover.builders import database, server
from tests.unit.failover.guard.simulation import Cluster


@pytest.mark.parametrize(
    ("wish", "roles", "reason"),
    [
        (Wish("main", "gamma", "carol"), {}, "main has no node 'gamma': it has alpha, beta"),
        (Wish("main", "alpha", "carol"), {}, "alpha is the primary of main: it follows nobody"),
        (
            Wish("main", "beta", "carol"),
            {"alpha": Role.PRIMARY, "beta": Role.PRIMARY},
            "primary of main is alpha and beta: exactly one must be",
        ),
        (
            Wish("main", "beta", "carol"),
            {"alpha": Role.UNKNOWN, "beta": Role.DOWN},
            "primary of main is no node",
        ),
        (Wish("shop", "beta", "carol"), {}, "shop is a database: name its server, main"),
    ],
)
def test_a_wish_that_makes_no_sense_touches_nothing(wish: Wish, roles: dict[str, Role], reason: str) -> None:
    cluster = Cluster(**({"roles": roles} if roles else {}))
    with pytest.raises(ConfigurationError, match=reason):
        bring_back(platform(), wish, say=lambda line: None, make=lambda _: cluster.driver)
    assert cluster.done == []


def platform() -> Platform:
    def resolve(connection_id: str) -> Connection:
        raise AssertionError(f"{connection_id} was asked for")

    inventory: Any = Inventory(servers=(server(),), databases=(database(),))
    return Platform("staging", inventory, resolve)
