"""Creating topics, adding partitions, deleting by id, setting and unsetting configs: a request a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dataops.kafka.applying.answer import LOST, Answer, answered, ask
from dataops.kafka.applying.present import Present
from dataops.kafka.changes import AddPartitions, CreateTopic, DeleteTopic, SetConfig, UnsetConfig
from dataops.kafka.cluster.configs import TOPIC
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.metadata import topic_id_text, topic_uuid

BROKER_PATIENCE = 25_000
"""Milliseconds that a broker may take for a batch; less than we wait for its answer."""

SET, UNSET = 0, 1
"""Operations of an incremental change (AlterConfigOp.OpType)."""


def create(
    session: Session, actions: Sequence[CreateTopic], present: Present, *, dry: bool = False
) -> list[Answer]:
    """The topics, created; with ``dry`` only checked by the broker: rights, limits, configs, policies."""
    from kafka.protocol.admin import CreateTopicsRequest

    request = CreateTopicsRequest(
        topics=[_creatable(each) for each in actions], timeout_ms=BROKER_PATIENCE, validate_only=dry
    )
    response = ask(session, request, present.controller)
    if isinstance(response, Answer):
        return [response] * len(actions)
    found = {each.name: answered(each.error_code, each.error_message) for each in response.topics}
    return _in_order([each.topic for each in actions], found)


def add_partitions(
    session: Session, actions: Sequence[AddPartitions], present: Present, *, dry: bool = False
) -> list[Answer]:
    """The topics, with as many partitions in total as each action says."""
    from kafka.protocol.admin import CreatePartitionsRequest

    Wanted = CreatePartitionsRequest.CreatePartitionsTopic
    request = CreatePartitionsRequest(
        topics=[
            Wanted(
                name=each.topic,
                count=each.after,
                assignments=[
                    Wanted.CreatePartitionsAssignment(broker_ids=list(brokers)) for brokers in each.assignment
                ]
                or None,
            )
            for each in actions
        ],
        timeout_ms=BROKER_PATIENCE,
        validate_only=dry,
    )
    response = ask(session, request, present.controller)
    if isinstance(response, Answer):
        return [response] * len(actions)
    found = {each.name: answered(each.error_code, each.error_message) for each in response.results}
    return _in_order([each.topic for each in actions], found)


def alter_configs(
    session: Session, actions: Sequence[SetConfig | UnsetConfig], present: Present, *, dry: bool = False
) -> list[Answer]:
    """Single overrides set and unset; all of one topic are taken or refused together."""
    operations: dict[str, dict[str, str | None]] = {}
    for each in actions:
        operations.setdefault(each.topic, {})[each.key] = each.after if isinstance(each, SetConfig) else None
    found = change_configs(
        session, {(TOPIC, name): changes for name, changes in operations.items()}, present.controller, dry=dry
    )
    return _in_order([each.topic for each in actions], {name: answer for (_, name), answer in found.items()})


def change_configs(
    session: Session,
    operations: Mapping[tuple[int, str], Mapping[str, str | None]],
    node: int | None,
    *,
    dry: bool = False,
) -> dict[tuple[int, str], Answer]:
    """Overrides of topics or brokers, set, or unset where the value is None; what is not named stays."""
    from kafka.protocol.admin import IncrementalAlterConfigsRequest

    Resource = IncrementalAlterConfigsRequest.AlterConfigsResource
    request = IncrementalAlterConfigsRequest(
        resources=[
            Resource(
                resource_type=kind,
                resource_name=name,
                configs=[
                    Resource.AlterableConfig(
                        name=key, config_operation=UNSET if value is None else SET, value=value
                    )
                    for key, value in changes.items()
                ],
            )
            for (kind, name), changes in operations.items()
        ],
        validate_only=dry,
    )
    response = ask(session, request, node)
    if isinstance(response, Answer):
        return dict.fromkeys(operations, response)
    return {
        (each.resource_type, each.resource_name): answered(each.error_code, each.error_message)
        for each in response.responses
    }


def delete(session: Session, actions: Sequence[DeleteTopic], present: Present) -> list[Answer]:
    """The topics of these ids, deleted for good; those that are gone already count as taken."""
    from kafka.protocol.admin import DeleteTopicsRequest

    there = [each for each in actions if each.topic in present.topics]
    found: dict[str, Answer] = {}
    if there:
        State = DeleteTopicsRequest.DeleteTopicState
        request = DeleteTopicsRequest(
            topics=[State(name=None, topic_id=topic_uuid(each.topic_id)) for each in there],
            timeout_ms=BROKER_PATIENCE,
            min_version=6,
        )
        response = ask(session, request, present.controller)
        if isinstance(response, Answer):
            return [response] * len(actions)
        found = {
            topic_id_text(each.topic_id): answered(each.error_code, each.error_message)
            for each in response.responses
        }
    return [found.get(each.topic_id, Answer(LOST)) if each in there else Answer() for each in actions]


def _creatable(action: CreateTopic) -> Any:
    from kafka.protocol.admin import CreateTopicsRequest

    Topic = CreateTopicsRequest.CreatableTopic
    placed = bool(action.assignment)
    return Topic(
        name=action.topic,
        num_partitions=-1 if placed else action.partitions,
        replication_factor=-1 if placed else action.replication_factor,
        assignments=[
            Topic.CreatableReplicaAssignment(partition_index=index, broker_ids=list(brokers))
            for index, brokers in enumerate(action.assignment)
        ],
        configs=[
            Topic.CreatableTopicConfig(name=name, value=value) for name, value in action.configs.items()
        ],
    )


def _in_order(names: Sequence[str], found: Mapping[str, Answer]) -> list[Answer]:
    """An answer for each; a name that the broker passed over has an unknown outcome."""
    return [found.get(name, Answer(LOST, "the broker did not say")) for name in names]
