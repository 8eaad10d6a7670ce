"""What is wrong in a server's ``failover:`` is told before any test is planned with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dataops.inventory import load

if TYPE_CHECKING:
    from tests.unit.inventory.conftest import Include

GOOD = """\
failover:
  driver: {driver}
  nodes:
    alpha: {{connection: main_alpha, host: main_alpha_host}}
    beta: {{connection: main_beta, host: main_beta_host}}
  route: {{connection: main_route}}
"""


def told(include: Include, extra: str) -> list[str]:
    include.server("main", extra)
    return [str(problem) for file in load(include.root).invalid for problem in file.errors]


def test_two_nodes_and_a_route_are_enough(include: Include) -> None:
    assert told(include, GOOD.format(driver="native")) == []
    assert load(include.root).servers[0].failover is not None


@pytest.mark.parametrize(
    ("driver", "fields"),
    [("patroni", ["api", "cluster"]), ("rds", ["region"]), ("aurora", ["cluster", "region"])],
)
def test_a_driver_says_which_fields_it_needs(include: Include, driver: str, fields: list[str]) -> None:
    problems = told(include, GOOD.format(driver=driver))
    assert [each.split(":5: ")[1] for each in problems] == [
        f"failover.{field} is missing: the driver {driver} needs it." for field in fields
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    beta: {connection: main_beta, host: main_beta_host}\n", "",
         ":7: failover.nodes names fewer than two"),
        (", host: main_beta_host", "", ":9: failover.nodes.beta.host is missing: the driver native stops"),
        ("main_route", "main_alpha", ":10: failover.route.connection: 'main_alpha' is the connection of a"),
        ("{connection: main_route}", "{kind: haproxy, connection: r, control: c}",
         ":10: failover.route.backend is missing: a route of the kind haproxy needs it."),
        ("{connection: main_route}", "{connection: r}\n  members: [shop, shp]",
         ":11: failover.members.1: 'shp' is no database in include/databases. Did you mean shop?"),
        ("{connection: main_route}", "{connection: r}\n  freezes:\n"
         "  - {since: 2026-12-24, until: 2026-12-20, reason: holidays}",
         ":12: failover.freezes.0.until: 2026-12-20 is before since, 2026-12-24."),
        ("alpha: {", "Alpha: {", ":8: failover.nodes.Alpha"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_line_and_field(include: Include, old: str, new: str, message: str) -> None:
    include.database("shop")
    problems = told(include, GOOD.format(driver="native").replace(old, new))
    assert any(message in each for each in problems), problems


def test_two_nodes_behind_one_connection_are_one(include: Include) -> None:
    problems = told(include, GOOD.format(driver="native").replace("main_beta,", "main_alpha,"))
    assert len(problems) == 2
    assert all("is that of another node too" in each for each in problems)
