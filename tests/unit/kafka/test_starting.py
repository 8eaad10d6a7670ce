"""A topic is added to a team's file by one command, and what the team wrote stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dataops.kafka.files.starting import CannotStart, new_topic

if TYPE_CHECKING:
    from tests.unit.kafka.conftest import Include


def test_the_first_topic_makes_the_teams_file(include: Include) -> None:
    path = new_topic(include.root, "main", "flights", "flights.delays", description="Late ones")
    assert path.read_text() == (
        "# yaml-language-server: $schema=../../../schemas/kafka-topics.schema.json\n"
        "team: flights\ntopics:\n  flights.delays:\n    description: Late ones\n"
    )
    assert list(include.load().topics) == ["flights.delays"]


def test_the_next_one_leaves_comments_and_all_else_alone(include: Include) -> None:
    text = "team: flights\n# ours\ntopics:   # all of them\n  flights.a: # the first\n\nacls: []\n"
    include.write("main/topics/flights.yaml", text)
    new_topic(include.root, "main", "flights", "flights.b")
    after = (include.root / "kafka/main/topics/flights.yaml").read_text()
    assert [line for line in after.splitlines() if "flights.b" not in line and "What the" not in line] == (
        text.splitlines()
    )
    assert list(include.load().topics) == ["flights.a", "flights.b"]


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("team: flights\ntopics:\n  flights.a:\n", "flights.a", "stands there twice"),
        ("team: flights\ntopics:\n  flights.a:\n", "a b", "is no name that Kafka takes"),
        ("team: flights\ntopics: {flights.a: }\n", "flights.b", "Write `topics:` on a line of its own"),
        (None, "__x", "belongs to Kafka itself"),
    ],
)
def test_what_would_be_wrong_is_not_written(include: Include, text: str | None, name: str, told: str) -> None:
    path = include.root / "kafka/main/topics/flights.yaml"
    if text is not None:
        include.write("main/topics/flights.yaml", text)
    with pytest.raises(CannotStart, match=told):
        new_topic(include.root, "main", "flights", name)
    assert (path.read_text() if path.exists() else None) == text


def test_mistakes_that_were_there_before_stop_nobody(include: Include) -> None:
    include.topics("flights.a: {partitons: 1}\n")
    new_topic(include.root, "main", "flights", "flights.b")
    assert len(include.told()) == 1


def test_an_unknown_cluster_is_told(include: Include) -> None:
    with pytest.raises(CannotStart, match=r"There is no cluster other in .*: known are main"):
        new_topic(include.root, "other", "flights", "flights.b")
