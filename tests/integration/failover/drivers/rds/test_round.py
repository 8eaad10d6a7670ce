"""Whole rounds at AWS, as far as moto and real servers can play it: from preflight to evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from dataops.connections import Connection
from dataops.evidence.verdict import Verdict

from tests.conftest import DatabaseServer
from tests.integration.failover.aws import REGION
from tests.integration.failover.cell import Cell
from tests.integration.failover.drivers.adopting import adopt, fill
from tests.integration.failover.drivers.rds.cloud import Cloud
from tests.integration.failover.drivers.torture import torture
from tests.integration.failover.round.rounds import red, rehearse, verdicts, watched

IDENTITY = "SELECT system_identifier::text FROM pg_control_system()"


@pytest.fixture
def emptied(cloud: Cloud) -> Iterator[Cloud]:
    """The cloud, with no instance left in it afterwards."""
    yield cloud
    for name in list(cloud.gates):
        cloud.remove(name)


@torture
def test_a_multi_az_instance_is_its_own_successor(
    make_cell: Callable[..., Cell], emptied: Cloud, start_primary: Callable[..., DatabaseServer]
) -> None:
    server = start_primary("multi-az")
    fill(server.dsn())
    emptied.instance("shop", server, MultiAZ=True)
    cell = make_cell(proven=False, route="libpq")
    adopt(
        cell,
        identifier=server.execute(IDENTITY)[0][0],
        hosts=["127.0.0.1"],
        connections={
            "aws": emptied.aws,
            "shop_shop": emptied.connection("shop"),
            "shop_route": emptied.connection("shop"),
        },
        failover={
            **{
                "driver": "rds",
                "region": REGION,
                "api": "aws",
                "nodes": {"shop": {"connection": "shop_shop"}},
            },
            "route": {"kind": "endpoint", "connection": "shop_route"},
        },
        connection="shop_shop",
        standby=None,
    )
    cell.write_scenario("crash", load={"sessions": 2, "rate": 50, "steady": "1s", "readers": 0})
    with watched(cell):
        outcome = rehearse(cell)
    assert red(outcome) == []
    assert outcome.record.verdict is Verdict.PASSED
    assert verdicts(outcome)["old primary fenced"] is Verdict.PASSED


@torture
def test_an_instance_that_is_cut_off_is_succeeded_by_its_read_replica(
    make_cell: Callable[..., Cell],
    emptied: Cloud,
    start_primary: Callable[..., DatabaseServer],
    start_standby: Callable[..., DatabaseServer],
) -> None:
    server = start_primary("replicated")
    fill(server.dsn())
    emptied.instance("alpha", server, VpcSecurityGroupIds=["sg-app"])
    emptied.replicate = lambda name, source: start_standby(emptied.servers[source], f"round-{name}")
    emptied.calls.create_db_instance_read_replica(
        DBInstanceIdentifier="beta", SourceDBInstanceIdentifier="alpha", VpcSecurityGroupIds=["sg-app"]
    )
    aws = replace(emptied.aws, extra={**emptied.aws.extra, "fence_security_groups": ["sg-nobody"]})
    alpha, beta = emptied.connection("alpha"), emptied.connection("beta")
    route = Connection(
        "shop_route",
        "postgres",
        host="127.0.0.1,127.0.0.1",
        login=alpha.login,
        password=alpha.password,
        schema="postgres",
        extra={"ports": f"{alpha.port},{beta.port}", "target_session_attrs": "read-write"},
    )
    cell = make_cell(proven=False, route="libpq")
    adopt(
        cell,
        identifier=server.execute(IDENTITY)[0][0],
        hosts=["127.0.0.1", "127.0.0.1,127.0.0.1"],
        connections={"aws": aws, "shop_alpha": alpha, "shop_beta": beta, "shop_route": route},
        failover={
            **{"driver": "rds", "region": REGION, "api": "aws"},
            "nodes": {name: {"connection": f"shop_{name}"} for name in ("alpha", "beta")},
            "route": {"kind": "libpq", "connection": "shop_route"},
        },
        connection="shop_alpha",
        standby="shop_beta",
    )
    cell.write_scenario("partition", mode="partition")
    with watched(cell):
        outcome = rehearse(cell, "partition")
    assert red(outcome) == []
    assert outcome.record.verdict is Verdict.PASSED
    assert verdicts(outcome)["old primary rejoined"] is Verdict.PASSED
