"""A policy is data: each of its limits is seen broken and kept, and rules in CEL can only answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from dataops.kafka.policy import Policy, breaches
from dataops.kafka.rules import RuleFailed, compiled

from tests.unit.kafka.builders import cluster, topic

if TYPE_CHECKING:
    from tests.unit.kafka.conftest import Include


def broken(policy: dict[str, Any], **values: Any) -> list[str]:
    found = breaches(topic(**values), cluster(), [Policy.model_validate(policy)])
    return [" ".join(filter(None, (".".join(each.field), each.value, each.message))) for each in found]


@pytest.mark.parametrize(
    ("policy", "bad", "good", "told"),
    [
        (
            {"name": r"[a-z]+\.[a-z]+", "name_form": "team.what"},
            {"name": "Flights.Delays"},
            {},
            "'Flights.Delays' has another name than the policy wants: team.what",
        ),
        (
            {"partitions": {"most": 12}},
            {"partitions": 13},
            {"partitions": 12},
            "partitions 13 is above the policy's",
        ),
        (
            {"partitions": {"least": 3}},
            {"partitions": 2},
            {"partitions": 3},
            "partitions 2 is below the policy's least",
        ),
        (
            {"replication_factor": {"least": 3}},
            {"replication_factor": 1},
            {},
            "replication_factor 1 is below the policy's least, 3",
        ),
        (
            {"min_insync_replicas": 2},
            {"configs": {}},
            {"configs": {"min.insync.replicas": "2"}},
            "configs.min.insync.replicas is missing: the policy wants at least 2",
        ),
        (
            {"min_insync_replicas": 2},
            {"configs": {"min.insync.replicas": "1"}},
            {"configs": {"min.insync.replicas": "3"}},
            "configs.min.insync.replicas 1 is too low",
        ),
        (
            {"most_retention": {"any": "30d"}},
            {"configs": {"retention.ms": "-1"}},
            {"configs": {"retention.ms": "2592000000"}},
            "configs.retention.ms -1 is too long: the policy allows at most 30d",
        ),
        (
            {"most_retention": {"any": "30d", "restricted": "7d"}},
            {"classification": "restricted", "configs": {"retention.ms": "2592000000"}},
            {"classification": "internal", "configs": {"retention.ms": "2592000000"}},
            "too long: the policy allows at most 7d for restricted data",
        ),
        (
            {"most_retention": {"any": "30d"}},
            {"configs": {}},
            {"configs": {"cleanup.policy": "compact"}},
            "configs.retention.ms is missing",
        ),
        (
            {"most_retention_bytes": 1000},
            {"configs": {"retention.bytes": "-1"}},
            {"configs": {"retention.bytes": "1000"}},
            "configs.retention.bytes -1 is too large",
        ),
        (
            {"required_configs": ["compression.type"]},
            {},
            {"configs": {"compression.type": "lz4"}},
            "configs.compression.type is missing",
        ),
        (
            {"allowed_configs": ["retention.ms"]},
            {"configs": {"segment.ms": "1"}},
            {"configs": {"retention.ms": "1"}},
            "configs.segment.ms is not among the configs that the policy allows",
        ),
        (
            {"required_fields": ["description"]},
            {},
            {"description": "All"},
            "description is missing: the policy wants",
        ),
        (
            {
                "rules": [
                    {
                        "name": "prefix",
                        "holds": "topic.name.startsWith(topic.team + '.')",
                        "message": "Rename it.",
                    }
                ]
            },
            {"name": "other.delays"},
            {},
            "breaks the rule 'prefix': Rename it",
        ),
        (
            {
                "rules": [
                    {
                        "name": "dev",
                        "holds": "cluster.environment == 'dev' || size(topic.configs) > 0",
                        "message": "x",
                    }
                ]
            },
            {},
            {"configs": {"segment.ms": "1"}},
            "breaks the rule 'dev'",
        ),
        (
            {
                "rules": [
                    {"name": "r", "holds": "int(topic.configs['retention.ms']) > 5", "message": "Longer."}
                ]
            },
            {"configs": {}},
            {"configs": {"retention.ms": "6"}},
            "cannot be checked by the rule 'r', which therefore fails: it ends with KeyError",
        ),
    ],
)
def test_a_broken_limit_is_told_and_a_kept_one_is_not(
    policy: dict[str, Any], bad: dict[str, Any], good: dict[str, Any], told: str
) -> None:
    assert [told in each for each in broken(policy, **bad)] == [True]
    assert broken(policy, **good) == []


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("topic.", "is no expression in CEL"),
        ("topic.nmae == 'x'", "names the field nmae, which no topic has. Did you mean name?"),
        ("topics.name == 'x'", "names topics, which does not exist"),
        ("open('/etc/passwd') == ''", "names open, which does not exist"),
    ],
)
def test_a_rule_that_can_never_work_is_told_when_the_file_is_read(expression: str, told: str) -> None:
    with pytest.raises(RuleFailed, match=told.replace("?", r"\?").replace("(", r"\(")):
        compiled(expression)


def test_a_rule_that_answers_neither_true_nor_false_fails() -> None:
    assert (
        "neither true nor false"
        in broken({"rules": [{"name": "r", "holds": "topic.name", "message": "x"}]})[0]
    )


def test_both_the_environments_policy_and_the_clusters_own_hold(include: Include) -> None:
    include.write(
        "policy.yaml", "environments:\n  prod: {partitions: {most: 6}}\n  dev: {partitions: {most: 1}}\n"
    )
    include.cluster("""\
        defaults: {partitions: 7, replication_factor: 3}
        policy: {required_fields: [description]}
    """)
    include.topics("flights.a: {partitions: 5, description: All}\nflights.b:\n")
    assert [line.split(": ", 1)[0] + " " + line.split(" ")[1] for line in include.told()] == [
        "include/kafka/main/topics/flights.yaml:4 topics.flights.b.description",
        "include/kafka/main/topics/flights.yaml:4 topics.flights.b.partitions:",
    ]


def test_an_environment_without_a_policy_is_told(include: Include) -> None:
    include.write("policy.yaml", "environments:\n  dev: {}\n")
    include.topics("flights.a:\n")
    assert "has no policy for prod, the environment of main" in include.told()[0]


def test_a_team_has_so_many_partitions_and_no_more(include: Include) -> None:
    include.cluster("defaults: {partitions: 3, replication_factor: 3}\npolicy: {partitions_of_a_team: 6}\n")
    include.topics("flights.a:\nflights.b:\n")
    assert include.told() == []
    include.topics("flights.a:\nflights.b:\nflights.c: {partitions: 1}\n")
    assert "have 7 partitions together: the policy allows flights 6 in all" in include.told()[0]


def test_mistakes_in_a_policy_are_told_where_they_stand(include: Include) -> None:
    include.write(
        "policy.yaml",
        "environments:\n  prod:\n    name: '['\n    most_retention: {secret: 7d}\n"
        "    rules: [{name: r, holds: 'topic.nmae', message: x}]\n",
    )
    include.topics("flights.a:\n")
    told = include.told()
    assert told[0].startswith(
        "include/kafka/policy.yaml:3: environments.prod.name: '[' is no regular expression"
    )
    assert told[1].startswith("include/kafka/policy.yaml:4: environments.prod.most_retention.secret")
    assert told[2].startswith(
        "include/kafka/policy.yaml:5: environments.prod.rules.0.holds: 'topic.nmae' names the"
    )
