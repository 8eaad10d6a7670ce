"""Every mistake of every scenario is told with its line and what may stand there, and stops no other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from dataops.failover.files.loading import (
    OtherEnvironment,
    ScenarioInvalid,
    UnknownScenario,
    check,
    load,
    scenario_of,
)
from dataops.inventory import load as load_inventory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.unit.failover.files.conftest import Include


def told(include: Include) -> list[str]:
    return [str(problem) for file in load(include.root).invalid for problem in file.errors]


def test_three_lines_are_a_scenario(include: Include) -> None:
    include.scenario("shop_crash")
    found = load(include.root, "prod")
    assert found.invalid == ()
    assert [each.name for each in found.scenarios] == ["shop_crash"]
    scenario = found.scenarios[0]
    assert (scenario.breaks, scenario.failback, scenario.schedule) == ("kill", True, None)
    assert scenario.objectives.rpo is None
    assert scenario.approval.required
    assert scenario.stop.lease == timedelta(seconds=15)


@pytest.mark.parametrize(
    ("extra", "line", "message"),
    [
        ("faul: kill\n", 4, "faul is no field. Did you mean fault? Allowed: scenario, database, mode,"),
        ("fault: killed\n", 4, "fault: 'killed' is not allowed. Did you mean kill? Allowed: stop, kill,"),
        ("fault: cut_node\n", 4, "fault: 'cut_node' is nothing that the mode crash breaks, but partition "),
        ("node: gamma\n", 4, "node: 'gamma' is no node of main"),
        ("standby: bet\n", 4, "standby: 'bet' is no node of main. Did you mean beta? Allowed: alpha, beta."),
        ("node: beta\nstandby: beta\n", 5, "standby: 'beta' is also the node that is broken: name another"),
        ("load: {rate: 0}\n", 4, "load.rate: '0' is too small: at least 1."),
        ("load:\n  rate: 5000\n", 5, "load.rate: '5000' is too large: at most 1000."),
        ("objectives: {rpo_rows: 3}\n", 4, "objectives.rpo_rows: 3 allows a loss that objectives.rpo forbid"),
        ("objectives: {rto: 6m}\n", 1, "stop.unavailable: 5m ends the round before objectives.rto, 6m,"),
        ("stop: {unavailable: 20m}\n", 4, "stop.longest: 15m is not longer than stop.unavailable, 20m."),
        ("stop:\n  lease: 2s\n", 5, "stop.lease: 2s is too short: at least 5s"),
        ("schedule: sometimes\n", 4, "schedule: 'sometimes' is not a schedule: write hourly, daily,"),
        ("mode: crash\n", 4, "mode stands there twice: keep one."),
    ],
)  # fmt: skip
def test_a_wrong_field_is_told_with_line_and_what_may_stand_there(
    include: Include, extra: str, line: int, message: str
) -> None:
    include.scenario("shop_crash", extra)
    problems = told(include)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"include/failover/shop_crash.yaml:{line}: ")
    assert message in problems[0]


def test_all_mistakes_of_a_file_are_told_at_once(include: Include) -> None:
    include.write(
        "failover/shop_crash.yaml",
        "scenario: crash\ndatabase: shp\nmode: crashed\nnode: Alpha\nload: {rate: 0}\n",
    )
    fields = [problem.field for problem in check(include.root)]
    assert fields == ["scenario", "database", "mode", "node", "load.rate"]


def test_a_missing_field_is_told_with_its_meaning(include: Include) -> None:
    include.write("failover/crash.yaml", "scenario: crash\ndatabase: shop\n")
    assert told(include) == [
        "include/failover/crash.yaml:1: mode is missing: how far it goes: `tabletop` only says what would be "
        "done."
    ]


def test_a_database_that_nobody_declared_is_told_with_the_nearest(include: Include) -> None:
    include.write("failover/crash.yaml", "scenario: crash\ndatabase: shp\nmode: crash\n")
    assert told(include) == [
        "include/failover/crash.yaml:2: database: 'shp' is no database in include/databases. "
        "Did you mean shop? Allowed: shop."
    ]


def test_a_server_is_no_database(include: Include) -> None:
    include.write("failover/crash.yaml", "scenario: crash\ndatabase: main\nmode: crash\n")
    assert "'main' is a server: name one of its databases. Allowed: shop." in told(include)[0]


def test_a_server_that_says_nothing_of_failover_may_not_be_tested(include: Include) -> None:
    include.write(
        "servers/other.yaml", "server: other\nenvironment: prod\nconnection: other_primary\nowner: dba\n"
    )
    include.write("databases/bills.yaml", "database: bills\nserver: other\nowner: dba\n")
    include.write("failover/crash.yaml", "scenario: crash\ndatabase: bills\nmode: crash\n")
    assert "is on other, which no test may fail over: add `failover:` to include/servers/other.yaml" in told(
        include
    )[0]  # fmt: skip


def test_a_retired_database_is_not_tested(include: Include) -> None:
    include.write("databases/shop.yaml", "database: shop\nserver: main\nowner: dba\nretired: 2026-01-01\n")
    include.scenario("crash")
    assert "database: 'shop' is retired" in told(include)[0]


def test_an_invalid_database_is_named_by_its_own_mistake(include: Include) -> None:
    include.write("databases/shop.yaml", "database: shop\nserver: main\nowner: dba\njobs: 0\n")
    include.scenario("crash")
    assert "its own file is invalid: include/databases/shop.yaml:4" in told(include)[0]
    assert load(include.root, "prod").invalid[0].name == "crash"


def test_an_invalid_server_makes_its_scenarios_invalid(include: Include) -> None:
    include.write("servers/main.yaml", "server: main\nenvironment: prod\nconnection: main\n")
    include.scenario("crash")
    assert len(told(include)) == 1
    assert load(include.root, "prod").invalid[0].errors


def test_one_file_stops_no_other(include: Include) -> None:
    include.scenario("good")
    include.scenario("bad", "fault: none\n")
    include.write("failover/worse.yaml", "scenario: [")
    include.write("failover/binary.yaml", b"\xff\xfe\x00")
    include.write("failover/other.yml", "scenario: other\n")
    include.write("failover/README.md", "# Scenarios\n")
    include.write("failover/.hidden.yaml", "scenario: [")
    found = load(include.root, "prod")
    assert [each.name for each in found.scenarios] == ["good"]
    names = [each.name for each in found.invalid]
    assert names[:2] == ["bad", "binary"]
    assert len(names) == 4


def test_a_name_is_that_of_its_file_and_safe_in_a_dag_id(include: Include) -> None:
    include.write("failover/Shop Crash.yaml", "scenario: crash\ndatabase: shop\nmode: crash\n")
    file = load(include.root).invalid[0]
    assert "name the file crash.yaml" in str(file.errors[0])
    assert file.name.startswith("shop_crash-")


def test_another_environments_scenario_is_not_there(include: Include) -> None:
    include.scenario("crash")
    assert load(include.root, "staging").scenarios == ()
    assert load(include.root, "staging").invalid == ()
    with pytest.raises(OtherEnvironment, match="not of the environment staging"):
        scenario_of(include.root, "crash", "staging")


def test_a_given_inventory_is_not_read_again(include: Include) -> None:
    include.scenario("crash")
    inventory = load_inventory(include.root, "prod")
    include.write("databases/shop.yaml", "broken")
    assert scenario_of(include.root, "crash", "prod", inventory=inventory).name == "crash"


def test_no_folder_is_no_scenario(include: Include) -> None:
    assert load(include.root) == load(include.root, "prod")
    with pytest.raises(UnknownScenario, match="known are none"):
        scenario_of(include.root, "crash")


def test_an_unknown_or_invalid_scenario_says_which(include: Include) -> None:
    include.scenario("shop_crash", "fault: none\nnode: gamma\n")
    with pytest.raises(UnknownScenario, match="Did you mean shop_crash"):
        scenario_of(include.root, "shop_crsh")
    with pytest.raises(ScenarioInvalid, match=r"shop_crash.yaml:4: fault: 'none' is not allowed"):
        scenario_of(include.root, "shop_crash")


@pytest.mark.parametrize("fault", ["kill", "cut_node", "region_lost"])
def test_a_tabletop_may_be_about_any_fault(include: Include, fault: str) -> None:
    include.write("failover/table.yaml", f"scenario: table\ndatabase: shop\nmode: tabletop\nfault: {fault}\n")
    assert load(include.root).scenarios[0].breaks == fault


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_a_file_holds_loading_does_not_raise(include: Include, content: bytes) -> None:
    include.write("failover/any.yaml", content)
    found = load(include.root, "prod")
    assert len(found.scenarios) + len(found.invalid) == 1
