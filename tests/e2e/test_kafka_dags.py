"""A cluster provisioned by a real scheduler: the safe part at once, the rest by a person, drift by night."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from sandbox import airflow_runs
from sandbox.airflow_runs import Run, Told
from sandbox.demo.kafka import BY_HAND, CLUSTER, DRIFT, FILE, KEY, TOPIC, TOPICS
from tests.e2e.conftest import Sandbox

GATES = "flights.gates"
ENTRY = f"""\
  {GATES}:
    description: One record for each change of a gate.
    partitions: 4
    acknowledge: {{partitions: 4}}
"""


@pytest.fixture(scope="module")
def provisioned(sandbox: Sandbox) -> Told:
    """The run after which the cluster is as the repository's files say."""
    return sandbox.run(TOPICS, {"reason": "an end-to-end test"})


@pytest.fixture
def admin(sandbox: Sandbox) -> AdminClient:
    return AdminClient({"bootstrap.servers": sandbox.environment["SANDBOX_KAFKA_BOOTSTRAP"]})


@pytest.fixture
def grown(sandbox: Sandbox, provisioned: Told, admin: AdminClient) -> Iterator[str]:
    """The file asks for more partitions of a topic that has records, which breaks the order of keys."""
    there = NewTopic(GATES, 2, 1, config={"retention.ms": "604800000"})
    admin.create_topics([there], operation_timeout=20)[GATES].result(30)
    producer = Producer({"bootstrap.servers": sandbox.environment["SANDBOX_KAFKA_BOOTSTRAP"]})
    producer.produce(GATES, key="N12345", value="B7")
    assert producer.flush(30) == 0
    file = sandbox.include / FILE
    before = file.read_text()
    file.write_text(before + ENTRY)
    yield GATES
    file.write_text(before)
    admin.delete_topics([GATES], operation_timeout=20)[GATES].result(30)


def partitions(admin: AdminClient, topic: str) -> int:
    return len(admin.list_topics(timeout=10).topics[topic].partitions)


def asked(sandbox: Sandbox) -> Run:
    """A run, started by ``admin``, that waits for a person."""
    client = sandbox.airflow()
    run = airflow_runs.trigger(client, TOPICS, {"author": "cem@example.org"})
    log = sandbox.home.log("scheduler")
    assert airflow_runs.waits_for_a_person(client, run, "approve", log=log)
    return run


def answer(sandbox: Sandbox, run: Run, user: str, option: str) -> Told:
    airflow_runs.answer(sandbox.airflow(user), run, "approve", option)
    return airflow_runs.await_all(sandbox.airflow(), [run], seconds=180, say=print)[0]


def test_topics_are_made_as_the_files_say(sandbox: Sandbox, provisioned: Told, admin: AdminClient) -> None:
    assert (provisioned.state, provisioned.verdict) == ("success", "passed"), provisioned
    assert provisioned.tasks["approve"] == "skipped"
    assert partitions(admin, "flights.departures") == 6
    assert sandbox.dataops("kafka", "plan", CLUSTER).returncode == 0


def test_the_answers_that_do_not_count_change_nothing(
    sandbox: Sandbox, grown: str, admin: AdminClient
) -> None:
    own = answer(sandbox, asked(sandbox), "admin", "Approve")
    assert (own.state, own.verdict) == ("failed", "failed"), own
    assert "the approver started this run" in own.reason
    rejected = answer(sandbox, asked(sandbox), "approver", "Reject")
    assert (rejected.state, rejected.tasks["apply_approved"]) == ("failed", "upstream_failed"), rejected
    assert "approver said no" in rejected.reason
    assert partitions(admin, grown) == 2


def test_what_somebody_else_approved_is_done(sandbox: Sandbox, grown: str, admin: AdminClient) -> None:
    done = answer(sandbox, asked(sandbox), "approver", "Approve")
    assert (done.state, done.verdict) == ("success", "passed"), done
    assert partitions(admin, grown) == 4


def test_a_manual_change_is_found_and_put_right_when_asked(
    sandbox: Sandbox, provisioned: Told, admin: AdminClient
) -> None:
    entry = ConfigEntry(KEY, BY_HAND, incremental_operation=AlterConfigOpType.SET)
    changed = ConfigResource(ResourceType.TOPIC, TOPIC, incremental_configs=[entry])
    for future in admin.incremental_alter_configs([changed]).values():
        future.result(10)
    told = sandbox.run(DRIFT)
    assert (told.state, told.verdict) == ("failed", "failed"), told
    assert told.reason.startswith(f"as declared: manual override: topic {TOPIC} {KEY}")
    mended = sandbox.run(DRIFT, {"revert": True})
    assert (mended.state, mended.verdict) == ("success", "passed"), mended
