"""What the inventory turns into: nobody lost, nobody foreign, a broken file alone in its trouble."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airflow.dag_processing.dagbag import DagBag
from dataops.errors import ConfigurationError

from tests.airflow_home import ROOT
from tests.dags.conftest import Include


def test_a_broken_file_is_a_red_dag_and_stops_nobody(include: Include, parse: Callable[[], DagBag]) -> None:
    include.server()
    include.database("orders")
    include.write("databases/broken.yaml", "database: broken\nserver: main\nowner: x\nscheduel: daily\n")
    bag = parse()
    assert bag.import_errors == {}
    assert "preflight" in bag.dags["backup__orders"].task_dict
    (task,) = bag.dags["backup__broken"].tasks
    with pytest.raises(ConfigurationError, match=r"broken\.yaml:4.*scheduel"):
        task.execute({})
    assert "scheduel" in str(bag.dags["backup__broken"].doc_md)


def test_what_is_no_yaml_at_all_is_a_red_dag_too(include: Include, parse: Callable[[], DagBag]) -> None:
    include.server()
    include.write("databases/odd name!.yaml", "\x00\x01")
    bag = parse()
    assert bag.import_errors == {}
    (odd,) = [dag for dag_id, dag in bag.dags.items() if dag_id.startswith("backup__") and "odd" in dag_id]
    assert odd.task_ids == ["mend_the_file"]


def test_a_cluster_whose_file_is_wrong_is_a_red_dag_and_stops_no_other(
    include: Include, parse: Callable[[], DagBag]
) -> None:
    include.kafka("stream")
    include.kafka("torn", "gaurded: false\n")
    bag = parse()
    assert bag.import_errors == {}
    assert "plan" in bag.dags["kafka_topics__stream"].task_dict
    (task,) = bag.dags["kafka_topics__torn"].tasks
    with pytest.raises(ConfigurationError, match=r"torn/cluster\.yaml:6.*gaurded"):
        task.execute({})
    assert "is not provisioned" in str(bag.dags["kafka_topics__torn"].doc_md)
    assert "kafka_drift__torn" not in bag.dags


def test_a_scenario_whose_file_is_wrong_is_a_red_dag_and_stops_no_other(
    include: Include, parse: Callable[[], DagBag]
) -> None:
    include.failover_server()
    include.database("orders")
    include.scenario("crash")
    include.scenario("cracked", "fualt: hang\n")
    bag = parse()
    assert bag.import_errors == {}
    assert "test" in bag.dags["failover_test__crash"].task_dict
    (task,) = bag.dags["failover_test__cracked"].tasks
    with pytest.raises(ConfigurationError, match=r"(?s)is not tested.*failover/cracked\.yaml:4.*fualt"):
        task.execute({})
    assert "is not tested" in str(bag.dags["failover_test__cracked"].doc_md)


def test_another_environments_scenario_has_no_dag(include: Include, parse: Callable[[], DagBag]) -> None:
    include.server("elsewhere", environment="production")
    include.database("theirs", server="elsewhere")
    include.scenario("crash", database="theirs")
    assert not [each for each in parse().dags if each.startswith("failover_")]


def test_another_environments_cluster_has_no_dag(include: Include, parse: Callable[[], DagBag]) -> None:
    include.kafka("elsewhere", environment="production")
    assert not [each for each in parse().dags if each.startswith("kafka_")]


def test_a_retired_subject_has_no_dag(include: Include, parse: Callable[[], DagBag]) -> None:
    include.server()
    include.database("orders")
    include.database("old", "retired: 2026-01-31\n")
    about_subjects = {each for each in parse().dags if "__" in each}
    assert about_subjects == {
        *(
            f"{capability}__{name}"
            for capability in ("backup", "restore_drill")
            for name in ("main", "orders")
        ),
        "performance_report__orders",
    }


def test_another_environments_subjects_have_no_dag(include: Include, parse: Callable[[], DagBag]) -> None:
    include.server()
    include.server("elsewhere", environment="production")
    include.database("theirs", server="elsewhere")
    assert {each for each in parse().dags if "__" in each} == {"backup__main", "restore_drill__main"}


def test_a_tasks_process_makes_only_its_own_dag(
    include: Include, parse: Callable[[], DagBag], monkeypatch: pytest.MonkeyPatch
) -> None:
    include.server()
    include.database("orders")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "backup__orders")
    assert {each for each in parse().dags if "__" in each} == {"backup__orders"}


def test_without_an_environment_the_file_says_what_to_set(
    include: Include, parse: Callable[[], DagBag], monkeypatch: pytest.MonkeyPatch
) -> None:
    include.server()
    monkeypatch.delenv("DATAOPS_ENVIRONMENT")
    errors = parse().import_errors
    assert len(errors) == len(list((ROOT / "dags").glob("*.py")))
    assert all("DATAOPS_ENVIRONMENT is not set" in error for error in errors.values())


@pytest.mark.parametrize(
    ("auth_manager", "expected"),
    [
        ("airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager", {"data-team"}),
        ("airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager", set()),
    ],
)
def test_the_owner_gets_access_where_roles_exist(
    include: Include,
    parse: Callable[[], DagBag],
    monkeypatch: pytest.MonkeyPatch,
    auth_manager: str,
    expected: set[str],
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__AUTH_MANAGER", auth_manager)
    include.server()
    include.database("orders")
    assert set(parse().dags["backup__orders"].access_control or {}) == expected


def test_what_another_program_backs_up_is_only_drilled(include: Include, parse: Callable[[], DagBag]) -> None:
    include.server()
    include.database("orders", "drill: {third_party: {kind: pg_dump, location: /backups/orders}}\n")
    bag = parse()
    assert "restore_drill__orders" in bag.dags
    assert "backup__orders" not in bag.dags
    assert "backup__main" in bag.dags


def test_a_broken_file_is_its_owners_where_it_says_who_that_is(
    include: Include, parse: Callable[[], DagBag]
) -> None:
    include.server()
    include.database("orders", "retension: {daily: 3}\n")
    include.write("databases/nameless.yaml", "database: nameless\nserver: main\nowner: [x]\n")
    dags = parse().dags
    assert "owner:data-team" in dags["backup__orders"].tags
    assert "owner:unknown" in dags["backup__nameless"].tags
