"""A whole round on a cluster that Patroni runs, from preflight to evidence, the guard beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from dataops.evidence.verdict import Verdict

from sandbox.deadline import wait_until
from tests.integration.failover.cell import Cell
from tests.integration.failover.drivers.adopting import adopt, fill
from tests.integration.failover.drivers.patroni.formation import SCOPE, Formation
from tests.integration.failover.drivers.torture import torture
from tests.integration.failover.round.rounds import figure, red, rehearse, verdicts, watched


@pytest.fixture(params=[False, True], ids=["asynchronous", "synchronous"])
def ruled(request: pytest.FixtureRequest, start_formation: Callable[..., Formation]) -> Iterator[Formation]:
    """Two members, of which alpha leads, with the database ``shop``."""
    dcs = {"synchronous_mode": request.param}
    formation = start_formation(names=("alpha", "beta"), never=frozenset(), dcs=dcs)
    fill(formation.dsn("alpha"))
    yield formation
    formation.close()


@pytest.fixture
def cell(make_cell: Callable[..., Cell], ruled: Formation) -> Cell:
    """A cell's platform whose server is that cluster; its own servers are ended."""
    made = make_cell(proven=False, route="libpq")
    ((identifier,),) = ruled.execute("alpha", "SELECT system_identifier::text FROM pg_control_system()")
    nodes = {name: {"connection": f"shop_{name}", "host": f"shop_{name}_host"} for name in ruled.names}
    adopt(
        made,
        identifier=identifier,
        hosts=[member.address for member in ruled.members.values()],
        connections=ruled.connections(),
        failover={
            **{"driver": "patroni", "cluster": SCOPE, "api": "shop_api", "nodes": nodes},
            "route": {"kind": "libpq", "connection": "shop_route"},
        },
        connection="shop_alpha",
        standby="shop_beta",
    )
    return made


@torture
def test_a_crash_that_patroni_answers_by_itself_is_judged_by_the_clients_ledger(
    cell: Cell, ruled: Formation
) -> None:
    synchronous = bool(ruled.dcs["synchronous_mode"])
    if synchronous:  # Patroni waits for nobody until it has seen that beta keeps up
        state = "SELECT sync_state FROM pg_stat_replication"
        assert wait_until(lambda: ruled.execute("alpha", state) == [("sync",)], seconds=30)
    cell.write_scenario("crash", objectives={} if synchronous else {"rpo": "10s"})
    with watched(cell) as pager:
        outcome = rehearse(cell)
    assert red(outcome) == []
    assert outcome.record.verdict is Verdict.PASSED
    assert verdicts(outcome)["old primary fenced"] is Verdict.PASSED
    assert verdicts(outcome)["old primary rejoined"] is Verdict.PASSED
    assert figure(outcome, "rto") > 1  # Patroni waits until the lock of the dead leader ran out
    assert ruled.leader() == "alpha"
    assert pager.titles == []


@torture
@pytest.mark.parametrize("ruled", [False], indirect=True, ids=["asynchronous"])
@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "switchover"},
        {"mode": "crash", "fault": "hang"},
        {"mode": "partition", "fault": "cut_replication"},
    ],
    ids=["switchover", "hang", "cut_replication"],
)
def test_whatever_befalls_it_the_round_ends_as_it_should(
    cell: Cell, ruled: Formation, fields: dict[str, str]
) -> None:
    cell.write_scenario("round", objectives={"rpo": "10s"}, **fields)
    with watched(cell) as pager:
        outcome = rehearse(cell, "round")
    assert red(outcome) == []
    assert outcome.record.verdict is Verdict.PASSED
    assert ruled.leader() == "alpha"
    assert pager.titles == []
