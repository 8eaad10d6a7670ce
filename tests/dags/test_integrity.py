"""What every DAG of this repository must keep, whatever the inventory says."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from dataops.airflow.operators import BrokenFile
from dataops.airflow.schedule import from_the_next_tick
from dataops.airflow.settings import START
from dataops.airflow.tags import Capability

from tests.airflow_home import ROOT
from tests.dags.conftest import Include

FILES = sorted((ROOT / "dags").glob("*.py"))
PER_ENVIRONMENT = {"backup_watch", "performance_samples", "rehearsal", "sweep"}


@pytest.fixture
def dags(include: Include, parse: Callable[[], DagBag]) -> dict[str, DAG]:
    """A server with a pod of its own, a managed one, databases, a Kafka cluster, scenarios, broken files."""
    include.failover_server("main", "worker: {queue: dc1, pod_template: /pods/dc1.yaml}\n")
    include.server(
        "managed", "rds: {instance: prod-1, region: eu-central-1}\ndrill: {scratch: rds, schedule: weekly}\n"
    )
    include.database("orders")
    include.database("customers", "objectives: {rto: 1h}\ndrill: {schedule: after_backup}\n")
    include.database("scratch", "drill: {enabled: false}\nreport: {enabled: false}\n")
    include.write("databases/broken.yaml", "database: broken\nserver: main\nowner: x\nscheduel: daily\n")
    include.kafka("stream")
    include.kafka("torn", "gaurded: false\n")
    include.scenario("crash")
    include.scenario("quarterly", "schedule: weekly\napproval: {within: 2h}\n")
    include.scenario("cracked", "fualt: hang\n")
    bag = parse()
    assert bag.import_errors == {}
    return dict(bag.dags)


def _tasks(dags: dict[str, DAG]) -> list[tuple[DAG, object]]:
    return [(dag, task) for dag in dags.values() for task in dag.tasks]


def test_ids_are_capability_and_subject(dags: dict[str, DAG]) -> None:
    subjects, drilled = {"main", "managed", "orders", "customers"}, "restore_drill__{}".format
    backups = {f"backup__{name}" for name in (*subjects, "scratch", "broken")}
    clusters = {"kafka_topics__stream", "kafka_topics__torn", "kafka_drift__stream"}
    reports = {f"performance_report__{name}" for name in ("orders", "customers")}
    tests = {f"failover_test__{name}" for name in ("crash", "quarterly", "cracked")}
    drills = set(map(drilled, subjects))
    assert set(dags) == backups | drills | clusters | reports | tests | PER_ENVIRONMENT


def test_every_dag_is_documented_owned_and_tagged(dags: dict[str, DAG]) -> None:
    capabilities = {each.value for each in Capability}
    for dag in dags.values():
        assert dag.doc_md and len(dag.doc_md) > 100
        assert dag.owner and dag.owner != "airflow"
        assert len(dag.tags & capabilities) == 1
        assert {tag.split(":")[0] for tag in dag.tags - capabilities} == {"environment", "owner"}


def test_the_runbook_names_the_objectives(dags: dict[str, DAG]) -> None:
    assert "(RTO) | 1h |" in str(dags["backup__customers"].doc_md)
    assert "(RPO) | 26h |" in str(dags["backup__customers"].doc_md)


def test_nightly_dags_run_without_anybody_switching_them_on(dags: dict[str, DAG]) -> None:
    for dag_id, dag in dags.items():
        changes_topics = dag_id == "kafka_topics__stream"
        breaks = dag_id in {"failover_test__crash", "failover_test__quarterly"}
        dangerous = changes_topics or breaks
        assert dag.is_paused_upon_creation is dangerous, "what changes a cluster a person switches on"
        assert dag.catchup is False
        # A run that waits for a person must not keep the safe changes of the next one waiting.
        assert dag.max_active_runs == (8 if changes_topics else 1)
        assert dag.disable_bundle_versioning is True


def test_no_run_times_out_before_its_tasks_do(dags: dict[str, DAG]) -> None:
    for dag in dags.values():
        longest = timedelta()
        for task in dag.tasks:
            assert task.execution_timeout or task.task_id == "mend_the_file"
            longest += (task.execution_timeout or timedelta()) * (1 + (task.retries or 0))
            longest += timedelta(seconds=0) if not task.retries else task.max_retry_delay * task.retries
        assert dag.dagrun_timeout is not None
        assert dag.dagrun_timeout > longest


def test_the_verdict_is_the_only_leaf_and_always_runs(dags: dict[str, DAG]) -> None:
    for dag_id, dag in dags.items():
        leaves = [task for task in dag.tasks if not task.downstream_task_ids]
        if dag_id in {"backup__broken", "kafka_topics__torn", "failover_test__cracked"}:
            assert [task.task_id for task in leaves] == ["mend_the_file"]
            continue
        assert [task.task_id for task in leaves] == ["verdict"]
        assert leaves[0].trigger_rule == "all_done"
        assert leaves[0].retries == 0


def test_steps_stop_at_the_first_red_one_and_evidence_is_always_written(dags: dict[str, DAG]) -> None:
    rules = {task.task_id: task.trigger_rule for task in dags["backup__orders"].tasks}
    steps = ("preflight", "take", "verify", "publish", "expire")
    assert {rules[step] for step in steps} == {"all_success"}
    assert rules["evidence"] == "all_done"
    assert dags["backup__orders"].get_task("evidence").upstream_task_ids == {"expire"}


def test_only_publish_emits_the_backup(dags: dict[str, DAG]) -> None:
    emits = {task.task_id: [asset.uri for asset in task.outlets] for task in dags["backup__orders"].tasks}
    assert emits.pop("publish") == ["dataops://backup/orders"]
    assert emits.pop("evidence") == ["dataops://verdict/backup/orders"]
    assert not any(emits.values())


def test_a_drill_shows_every_check_as_a_task_between_its_evidence_and_its_verdict(
    dags: dict[str, DAG],
) -> None:
    drill = dags["restore_drill__orders"]
    order = ("prepare", "drill", "evidence", "check", "verdict")
    assert tuple(task.task_id for task in drill.topological_sort()) == order
    for before, after in pairwise(order):
        assert drill.get_task(after).upstream_task_ids == {before}
    rules = {task.task_id: task.trigger_rule for task in drill.tasks}
    assert {name for name, rule in rules.items() if rule == "all_done"} == {"evidence", "verdict"}
    check = drill.get_task("check")
    assert check.is_mapped
    assert check.map_index_template == "{{ task.line['name'] }}"
    assert check.pool == "drill_checks"


def test_provisioning_asks_a_person_between_its_safe_and_its_other_changes(dags: dict[str, DAG]) -> None:
    topics = dags["kafka_topics__stream"]
    order = ("check", "plan", "apply", "approve", "apply_approved", "evidence", "verdict")
    assert tuple(task.task_id for task in topics.topological_sort()) == order
    for before, after in pairwise(order):
        assert topics.get_task(after).upstream_task_ids == {before}
    rules = {task.task_id: task.trigger_rule for task in topics.tasks if task.trigger_rule != "all_success"}
    assert rules == {"apply_approved": "none_failed", "evidence": "all_done", "verdict": "all_done"}
    approve = topics.get_task("approve")
    assert (approve.response_timeout, approve.retries, approve.defaults) == (timedelta(hours=24), 0, None)


def test_a_failover_test_asks_a_person_before_its_only_try(dags: dict[str, DAG]) -> None:
    test = dags["failover_test__quarterly"]
    order = ("preflight", "approve", "test", "evidence", "verdict")
    assert tuple(task.task_id for task in test.topological_sort()) == order
    for before, after in pairwise(order):
        assert test.get_task(after).upstream_task_ids == {before}
    rules = {task.task_id: task.trigger_rule for task in test.tasks if task.trigger_rule != "all_success"}
    assert rules == {"test": "none_failed", "evidence": "all_done", "verdict": "all_done"}
    approve, played = test.get_task("approve"), test.get_task("test")
    assert (approve.response_timeout, approve.retries, approve.defaults) == (timedelta(hours=2), 0, None)
    assert (played.retries, played.pool, played.queue) == (0, "failover", "dc1")
    assert played.execution_timeout > timedelta(minutes=15), "the round ends itself, long before Airflow does"
    emits = {task.task_id: [asset.uri for asset in task.outlets] for task in test.tasks}
    assert emits.pop("evidence") == ["dataops://verdict/failover_test/quarterly"]
    assert not any(emits.values())


def test_a_failover_test_begins_by_hand_or_with_a_tick_of_office_hours(dags: dict[str, DAG]) -> None:
    assert not dags["failover_test__crash"].timetable.can_be_scheduled
    quarterly = dags["failover_test__quarterly"]
    assert quarterly.start_date is None
    assert 9 <= int(quarterly.timetable.expression.split()[1]) < 12
    assert set(quarterly.params) == {"author", "reason"}
    assert "include/failover/quarterly.yaml" in str(quarterly.doc_md)


def test_a_report_follows_the_data_checks_and_the_proof_however_they_end(dags: dict[str, DAG]) -> None:
    report = dags["performance_report__orders"]
    assert {task.task_id for task in report.roots} == {"data", "prove"}
    assert report.get_task("report").upstream_task_ids == {"data", "prove"}
    assert report.get_task("report").trigger_rule == "all_done"
    assert report.get_task("prove").pool == "drill"
    assert {link.name for link in report.get_task("report").operator_extra_links} == {"Report", "Evidence"}
    emits = {task.task_id: [asset.uri for asset in task.outlets] for task in report.tasks}
    assert emits.pop("report") == ["dataops://verdict/performance_report/orders"]
    assert not any(emits.values())
    assert set(report.params) == {"hours", "prove", "reason"}
    assert report.start_date is None
    assert 5 <= int(report.timetable.expression.split()[1]) < 8


def test_a_cluster_emits_its_verdicts_and_nothing_else(dags: dict[str, DAG]) -> None:
    emits = {
        f"{dag_id}.{task.task_id}": [asset.uri for asset in task.outlets]
        for dag_id in ("kafka_topics__stream", "kafka_drift__stream")
        for task in dags[dag_id].tasks
    }
    assert emits.pop("kafka_topics__stream.evidence") == ["dataops://verdict/kafka_topics/stream"]
    assert emits.pop("kafka_drift__stream.drift") == ["dataops://verdict/kafka_drift/stream"]
    assert not any(emits.values())


def test_provisioning_begins_after_the_nights_look_and_never_with_a_tick_of_before(
    dags: dict[str, DAG],
) -> None:
    for dag_id, first in (("kafka_topics__stream", 6), ("kafka_drift__stream", 1)):
        assert dags[dag_id].start_date is None
        assert first <= int(dags[dag_id].timetable.expression.split()[1]) < first + 3


def test_what_is_not_the_workers_own_is_taken_down_also_when_the_worker_died(dags: dict[str, DAG]) -> None:
    drill = dags["restore_drill__managed"]
    order = ("prepare", "drill", "teardown", "evidence", "check", "verdict")
    assert tuple(task.task_id for task in drill.topological_sort()) == order
    assert drill.get_task("teardown").trigger_rule == "all_done"
    assert drill.get_task("evidence").steps == ("prepare", "drill", "teardown")
    assert dags["restore_drill__orders"].get_task("evidence").steps == ("prepare", "drill")


def test_a_drill_emits_its_verdict_and_nothing_that_a_backup_emits(dags: dict[str, DAG]) -> None:
    emits = {
        task.task_id: [asset.uri for asset in task.outlets] for task in dags["restore_drill__orders"].tasks
    }
    assert emits.pop("evidence") == ["dataops://verdict/restore_drill/orders"]
    assert not any(emits.values())


def test_a_drill_may_follow_every_backup_that_passed(dags: dict[str, DAG]) -> None:
    condition = dags["restore_drill__customers"].timetable.asset_condition
    assert [asset.uri for asset in condition.objects] == ["dataops://backup/customers"]


def test_a_new_drill_waits_for_its_next_tick() -> None:
    """As the scheduler works it out for a DAG without runs: today's platform has no backup of last night."""
    now = datetime.now(UTC)
    ago = {minutes: now - timedelta(minutes=minutes) for minutes in (10, 60, 60 * 12)}
    for tick in ago.values():
        with DAG("new", schedule=from_the_next_tick(f"{tick.minute} {tick.hour} * * *")) as dag:
            BrokenFile(problems=[])
        assert first_run(dag) > now
        # What it holds against: with a start date, the last tick is due at once.
        with DAG("new", schedule=dag.timetable, start_date=START, catchup=False) as dag:
            BrokenFile(problems=[])
        assert first_run(dag) < now


def first_run(dag: DAG) -> datetime:
    """When the scheduler would first run a DAG that it has just met."""
    kept = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    return kept.next_dagrun_info(last_automated_run_info=None).run_after


def test_drills_have_no_start_date_and_begin_after_the_nights_backups(dags: dict[str, DAG]) -> None:
    assert {dag.start_date for dag_id, dag in dags.items() if dag_id.startswith("restore_drill__")} == {None}
    _, hour, *rest = dags["restore_drill__orders"].timetable.expression.split()
    assert rest == ["*", "*", "*"]
    assert 4 <= int(hour) < 7
    assert dags["restore_drill__main"].timetable.expression.endswith(" * * 0")


def test_every_pool_is_committed(dags: dict[str, DAG]) -> None:
    committed = set(json.loads((ROOT / "include" / "infrastructure" / "pools.json").read_text()))
    used = {task.pool for dag in dags.values() for task in dag.tasks}
    assert {"backup", "drill", "drill_checks"} <= used
    assert used <= committed | {"default_pool"}


def test_the_watch_waits_for_nobodys_pool(dags: dict[str, DAG]) -> None:
    assert {task.pool for task in dags["backup_watch"].tasks} == {"default_pool"}


def test_tasks_run_where_the_server_says(dags: dict[str, DAG]) -> None:
    take = dags["backup__orders"].get_task("take")
    assert (take.pool, take.queue, take.executor_config) == (
        "backup",
        "dc1",
        {"pod_template_file": "/pods/dc1.yaml"},
    )
    assert dags["backup__managed"].get_task("take").queue == "default"
    drill = dags["restore_drill__orders"].get_task("drill")
    assert (drill.pool, drill.queue) == ("drill", "dc1")


def test_a_database_and_a_server_have_their_own_forms(dags: dict[str, DAG]) -> None:
    assert set(dags["backup__orders"].params) == {"content", "on_blocking_ddl", "reason"}
    assert set(dags["backup__main"].params) == {"type", "reason"}
    assert set(dags["backup__managed"].params) == {"reason"}
    assert set(dags["restore_drill__orders"].params) == {"point", "mode", "reason"}
    point = dags["restore_drill__orders"].params.get_param("point")
    assert point.schema["examples"] == ["latest", "oldest", "random"]
    assert point.value is None
    assert all(
        param.schema.get("title")
        for param in (dags["backup__main"].params.get_param(name) for name in ("type",))
    )


def test_what_a_form_offers_first_is_allowed_and_stands_once_in_a_dag(dags: dict[str, DAG]) -> None:
    """Airflow checks neither where the form is added to a DAG that has its tasks already."""
    forms = {dag_id: dag.params for dag_id, dag in dags.items() if dag.params}
    assert {"backup__orders", "backup__main", "restore_drill__orders", "performance_report__orders"} <= set(
        forms
    )
    for params in forms.values():
        params.validate()
    subjects = ("backup__", "restore_drill__", "performance_report__")
    assert not [
        task for dag in dags.values() if dag.dag_id.startswith(subjects) for task in dag.tasks if task.params
    ]


def test_parsing_twice_gives_the_same_bytes(
    dags: dict[str, DAG], include: Include, parse: Callable[[], DagBag]
) -> None:
    def written(each: dict[str, DAG]) -> dict[str, str]:
        return {dag_id: json.dumps(DagSerialization.serialize_dag(dag)) for dag_id, dag in each.items()}

    assert written(dict(parse().dags)) == written(dags)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_dag_file_reads_on_one_screen_and_asks_nothing_at_parse_time(path: object) -> None:
    text = path.read_text()  # type: ignore[attr-defined]
    assert len(text.splitlines()) <= 150
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    roots = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert roots <= {"airflow", "dataops"}
    assert not re.search(r"\b(Variable|Connection|now\(|uuid|random|environ)\b", text.split('"""', 2)[2])


HEAVY = (
    *("boto3", "psycopg2", "great_expectations", "confluent_kafka", "kafka", "cel", "pyrage", "pandas"),
    *("polars", "pglast"),
)


def heavy_after(code: str) -> list[str]:
    """The heavy packages that a fresh interpreter has imported after this."""
    program = f"import sys, tests.airflow_home; {code}; print(*({{*{HEAVY}}} & sys.modules.keys()))"
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(answer.stdout.splitlines()[-1].split())


def test_what_the_dags_import_is_light() -> None:
    assert heavy_after("import dataops.airflow.operators, dataops.airflow.settings") == []


def test_a_service_that_starts_imports_what_its_forks_need() -> None:
    assert {"boto3", "psycopg2"} <= {*heavy_after("from airflow.jobs.job import Job; Job()")} < {*HEAVY}


def test_only_the_skin_imports_airflow() -> None:
    knowing = re.compile(r"^\s*(from|import) airflow\b", re.MULTILINE)
    package = ROOT / "plugins" / "dataops"
    strangers = [
        path.relative_to(package)
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).parts[0] != "airflow" and knowing.search(path.read_text())
    ]
    assert strangers == []


def test_airflows_plugin_loader_leaves_the_package_alone() -> None:
    assert "dataops/" in (ROOT / "plugins" / ".airflowignore").read_text().splitlines()
