"""A whole round of a DB cluster, as far as moto and real servers can play it: from preflight to evidence."""

from __future__ import annotations

from collections.abc import Callable

from dataops.evidence.verdict import Verdict

from tests.integration.failover.aws import REGION
from tests.integration.failover.cell import Cell
from tests.integration.failover.drivers.adopting import adopt, fill
from tests.integration.failover.drivers.aurora.dbcluster import Cluster
from tests.integration.failover.drivers.torture import torture
from tests.integration.failover.round.rounds import red, rehearse, verdicts, watched


@torture
def test_a_writer_that_crashed_is_succeeded_and_comes_back_as_a_reader(
    make_cell: Callable[..., Cell], cluster: Cluster
) -> None:
    fill(cluster.primary.dsn())
    cell = make_cell(proven=False, route="libpq")
    adopt(
        cell,
        identifier=cluster.calls.describe_db_clusters()["DBClusters"][0]["DbClusterResourceId"],
        hosts=["127.0.0.1"],
        connections={
            "aws": cluster.aws,
            "shop_alpha": cluster.connection("alpha"),
            "shop_beta": cluster.connection("beta"),
            "shop_writer": cluster.endpoint(),
        },
        failover={
            **{"driver": "aurora", "cluster": "shop", "region": REGION, "api": "aws"},
            "nodes": {name: {"connection": f"shop_{name}"} for name in ("alpha", "beta")},
            "route": {"kind": "endpoint", "connection": "shop_writer"},
        },
        connection="shop_writer",
        standby="shop_beta",
    )
    cell.write_scenario("crash")
    with watched(cell):
        outcome = rehearse(cell)
    assert red(outcome) == []
    assert outcome.record.verdict is Verdict.PASSED
    assert verdicts(outcome)["old primary fenced"] is Verdict.PASSED
