"""A plan is read by people in a terminal and in a pull request, and by programs: nothing of it is hidden."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from dataops.kafka.changes import Plan
from dataops.kafka.desired import (
    Acl,
    DeclaredAcl,
    Deletion,
    Desired,
    Entity,
    Quota,
    ScramUser,
    State,
    quarantine,
)
from dataops.kafka.memory import Memory
from dataops.kafka.observed import GroupLag, ObservedCluster, ObservedUser, Stake
from dataops.kafka.planning import plan
from dataops.kafka.render import document, markdown, text
from dataops.kafka.render.markdown import LONGEST
from hypothesis import given, settings

from tests.unit.kafka.builders import CLUSTER_ID, NOW, cluster, desired, observed, there, topic
from tests.unit.kafka.strategies import observed_clusters, wishes
from tests.unit.kafka.test_planning_access import WHERE
from tests.unit.kafka.test_planning_topics import FULL


def example(**values: Any) -> Plan:
    """Something of everything: safe, to be approved, refused, noticed."""
    agreed = {"partitions": "6", "retention.ms": "3600000"}
    wanted = desired(
        topic("flights.new", configs={"retention.ms": "604800000"}),
        topic(partitions=6, configs={"retention.ms": "3600000"}, acknowledged=agreed),
        topic("flights.less", partitions=1),
        topic("flights.more", replication_factor=3),
        topic("flights.old", state=State.ABSENT, acknowledged={"state": "absent"}),
        topic("flights.end", state=State.ABSENT),
        acls=(
            DeclaredAcl(Acl("TOPIC", "flights.new", "User:a", "READ"), WHERE, "t"),
            DeclaredAcl(Acl("GROUP", "g", "User:a", "READ"), WHERE, "t", State.ABSENT),
        ),
        users=(
            ScramUser("bob", "kafka_bob", 2, WHERE, "t"),
            ScramUser("eve", "", 1, WHERE, "t", state=State.ABSENT),
        ),
        quotas=(Quota(Entity(user="bob"), {"producer_byte_rate": 1e6}, WHERE, "t"),),
        cluster=cluster(deletion=Deletion(True)),
    )
    names = ("flights.delays", "flights.old", "flights.end")
    reading = observed(
        there(configs={"segment.ms": "5"}),
        there("flights.less"),
        there("flights.more", replicas=(1, 2)),
        there("flights.old"),
        there("flights.end"),
        stakes=dict.fromkeys(names, FULL),
        acls=frozenset({Acl("GROUP", "g", "User:a", "READ"), quarantine("flights.old")}),
        users=(ObservedUser("eve", "SCRAM-SHA-512", 4096),),
        **values,
    )
    memory = Memory(
        quiet={"flights.old": (1000, "2026-11-01T00:00:00+00:00")}, topic_ids={"flights.less": "another"}
    )
    return plan(wanted, reading, memory=memory, git_commit="0123456789abcdef")


def test_text_says_what_changes_why_and_how_to_get_back() -> None:
    shown = text(example(), now=NOW)
    for line in (
        f"Plan for main (prod), cluster id {CLUSTER_ID}, commit 0123456789ab",
        "6 topics declared: 4 changes are safe, 8 (2 destructive) to be approved, 1 refused.",
        "  + topic flights.new  include/kafka/main/topics/flights.yaml:3",
        "      create with 3 partitions, 3 copies each",
        "      retention.ms: 604800000 (7 d)",
        "      segment.ms: 5 → not set, so 604800000 (7 d)",
        "      retention.ms: not set → 3600000 (1 h)  destructive",
        "        Records older than 1 h are deleted: the oldest is of 2026-11-20 12:00 UTC (5 d ago).",
        "        acknowledged in the file: retention.ms: 3600000",
        "      partitions: 3 → 6  disruptive",
        "      replicas of partition 0 and 2 more: 1,2 → 1,2,3  disruptive",
        "  - topic flights.old  include/kafka/main/topics/flights.yaml:3",
        "      delete the topic  destructive",
        "      cut off every writer  disruptive",
        "      password of version 2, from the connection kafka_bob",
        "      producer_byte_rate: no limit → 1,000,000  disruptive",
        "  x topic flights.less partitions  include/kafka/main/topics/flights.yaml:3",
        "  recreated topic: topic flights.less  include/kafka/main/topics/flights.yaml:3",
    ):
        assert line in shown.splitlines()
    assert "1 consumer group (reports: 2 members, lag 10)" in shown


def test_what_needs_no_approval_is_not_said_to() -> None:
    agreed = topic(partitions=6, acknowledged={"partitions": "6"})
    made = plan(desired(agreed, cluster=cluster(guarded=False)), observed(there()))
    assert "1 topic declared: 1 not safe." in text(made)
    assert "Not safe, but applied without approval here" in text(made)
    assert "#### Not safe, but applied without approval here" in markdown(made)


def test_colours_change_no_word() -> None:
    coloured = text(example(), coloured=True)
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == text(example())


def test_nothing_to_change_is_said_in_one_line() -> None:
    shown = text(plan(desired(topic()), observed(there())))
    assert shown.splitlines()[1:] == ["1 topic declared: nothing to change."]


def test_a_thousand_topics_fit_on_a_screen_and_dangers_are_never_left_out() -> None:
    many = desired(*(topic(f"flights.t{at}") for at in range(1000)))
    assert "… and 960 more" in text(plan(many, observed()))
    assert "flights.t999" in text(plan(many, observed()), whole=True)
    less = plan(
        desired(*(topic(f"flights.t{at}", partitions=1) for at in range(100))),
        observed(*(there(f"flights.t{at}") for at in range(100))),
    )
    assert text(less).count("  x topic") == 100


def test_markdown_shows_first_what_a_reviewer_must_see() -> None:
    shown = markdown(example(), now=NOW)
    order = ["#### Refused", "#### To be approved", "#### Noticed", "<details><summary>4 safe changes"]
    assert sorted(order, key=shown.index) == order
    assert "| topic flights.delays | `partitions: 3 → 6` | disruptive |" in shown
    assert "| **destructive** |" in shown
    assert "+ topic flights.new: create with 3 partitions, 3 copies each" in shown


def test_markdown_fits_into_one_comment() -> None:
    many = desired(*(topic(f"flights.t{at}", configs={"retention.ms": "1000"}) for at in range(2000)))
    shown = markdown(plan(many, observed()))
    assert len(shown) <= LONGEST + 200
    assert shown.count("```") == 2
    assert shown.rstrip().endswith("more lines are left out: `dataops kafka plan` shows them.")


def test_json_holds_the_whole_plan() -> None:
    made = example()
    found = json.loads(json.dumps(document(made)))
    assert (found["exit_code"], found["outcome"]) == (1, "failed")
    assert found["gated"]["hash"] == made.gated.hash
    change = next(each for each in found["gated"]["changes"] if each["kind"] == "add partitions")
    assert (change["resource"], change["risk"]) == ("topic flights.delays", "disruptive")
    assert change["stake"]["messages"] == 1000


@given(wishes(), observed_clusters())
@settings(max_examples=30, deadline=None)
def test_every_plan_can_be_shown(wanted: Desired, reading: ObservedCluster) -> None:
    made = plan(wanted, reading)
    for change in made.changes:
        assert change.resource in text(made, whole=True)
    assert markdown(made)
    json.dumps(document(made))


@pytest.mark.parametrize("name", ["evil\x1b[2J", "a|b", "<script>"])
def test_names_from_the_cluster_steer_neither_terminal_nor_page(name: str) -> None:
    stake: Stake = replace(FULL, groups=(GroupLag(name, "Stable", 1, 1),))
    agreed = topic(partitions=6, acknowledged={"partitions": "6"})
    made = plan(desired(agreed), observed(there(), stakes={"flights.delays": stake}))
    assert "\x1b" not in text(made)
    assert "<script" not in markdown(made)
    assert "| a|b" not in markdown(made)
