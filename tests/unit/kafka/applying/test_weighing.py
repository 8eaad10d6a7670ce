"""Batches that the controller takes, in the order of the plan for each resource."""

from __future__ import annotations

from dataops.kafka.applying.weighing import KINDS, batches, weight
from dataops.kafka.changes import (
    Action,
    AddPartitions,
    Change,
    CreateTopic,
    DeleteTopic,
    Reassign,
    Risk,
    SetConfig,
    UnsetConfig,
)
from hypothesis import given
from hypothesis import strategies as st


def changes(*actions: Action) -> list[Change]:
    return [Change(action, Risk.SAFE, "", "") for action in actions]


def test_weights_are_the_records_that_the_controller_writes() -> None:
    assert weight(CreateTopic("a", 3, 1, {"x": "1", "y": "2"})) == 6
    assert weight(AddPartitions("a", "id", 3, 10)) == 7
    assert weight(Reassign("a", "id", {0: (1,)}, {0: (2,), 4: (1,)})) == 2
    assert weight(DeleteTopic("a", "id")) == 1


def test_a_batch_is_as_heavy_as_allowed_and_a_heavier_change_stands_alone() -> None:
    wanted = changes(*(CreateTopic(name, 3, 1) for name in "abcde"), CreateTopic("wide", 50, 1))
    assert list(batches(wanted, heaviest=10)) == [[0, 1], [2, 3], [4], [5]]


def test_configs_of_one_topic_are_never_torn_apart() -> None:
    wanted = changes(
        SetConfig("a", "1", "x", None, "1"),
        SetConfig("b", "2", "x", None, "1"),
        UnsetConfig("a", "1", "y", "1"),
        UnsetConfig("b", "2", "y", "1"),
    )
    assert list(batches(wanted, heaviest=3)) == [[0, 2], [1, 3]]


def test_a_topic_keeps_the_order_of_the_plan() -> None:
    wanted = changes(
        AddPartitions("a", "1", 1, 2),
        SetConfig("a", "1", "x", None, "1"),
        SetConfig("b", "2", "x", None, "1"),
        CreateTopic("c", 1, 1),
    )
    assert list(batches(wanted)) == [[3], [2], [0], [1]]


KINDS_OF_CHANGE = (
    lambda name: CreateTopic(name, 2, 1),
    lambda name: SetConfig(name, "id", "x", None, "1"),
    lambda name: UnsetConfig(name, "id", "y", "1"),
    lambda name: AddPartitions(name, "id", 1, 4),
    lambda name: DeleteTopic(name, "id"),
)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(KINDS_OF_CHANGE)), max_size=30))
def test_every_change_is_in_one_batch_of_its_kind_in_order(wanted: list[tuple[str, object]]) -> None:
    listed = changes(*(make(name) for name, make in wanted))  # type: ignore[operator]
    found = list(batches(listed, heaviest=6))
    flat = [index for batch in found for index in batch]
    assert sorted(flat) == list(range(len(listed)))
    for name in "abcdef":
        own = [index for index in flat if listed[index].topic == name]
        assert own == sorted(own)
    for batch in found:
        kinds = {listed[index].kind.replace("unset", "set") for index in batch}
        assert len(kinds) == 1 and kinds <= set(KINDS)
