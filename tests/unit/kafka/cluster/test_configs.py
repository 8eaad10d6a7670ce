"""What an answer about configs tells: own overrides, what is inherited, and the cluster's defaults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from dataops.kafka.cluster import configs
from dataops.kafka.cluster.configs import batches, read_configs
from dataops.kafka.observed import Inherited, Origin
from kafka.protocol.admin import DescribeConfigsResponse

Result = DescribeConfigsResponse.DescribeConfigsResult
Entry = Result.DescribeConfigsResourceResult


def entry(name: str, value: str | None, source: int, *, sensitive: bool = False) -> Any:
    return Entry(
        name=name,
        value=value,
        read_only=False,
        config_source=source,
        is_sensitive=sensitive,
        synonyms=[],
        config_type=2,
        documentation=None,
    )


def result(topic: str, *entries: Any, code: int = 0) -> Any:
    return Result(
        error_code=code, error_message=None, resource_type=2, resource_name=topic, configs=list(entries)
    )


class Wire:
    """Answers each request, which it sees encoded and decoded again, with the results of its topics."""

    def __init__(self, *results: Any) -> None:
        self.results = {each.resource_name: each for each in results}
        self.asked: list[list[str]] = []

    def read_all(self, makes: Sequence[Callable[[], Any]]) -> list[Any]:
        answers = []
        for make in makes:
            names = [each.resource_name for each in make().resources]
            self.asked.append(names)
            found = DescribeConfigsResponse(
                throttle_time_ms=0, results=[self.results[name] for name in names], version=4
            )
            answers.append(DescribeConfigsResponse.decode(found.encode(), version=4))
        return answers


def test_own_inherited_hidden_refused_and_gone() -> None:
    wire: Any = Wire(
        result(
            "a",
            entry("retention.ms", "5", 1),
            entry("flush.ms", "9", 4),
            entry("secret", None, 1, sensitive=True),
        ),
        result("b", entry("retention.ms", "604800000", 5), entry("flush.ms", "9", 4)),
        result("shy", code=29),
        result("gone", code=3),
    )
    found = read_configs(wire, ["a", "b", "shy", "gone"], lambda name: name == "a")
    assert found.topics["a"].own == {"retention.ms": "5", "secret": ""}
    assert found.topics["a"].sensitive == {"secret"}
    assert found.topics["a"].inherited == {"flush.ms": Inherited("9", Origin.BROKER)}
    assert found.topics["b"].own == {} and found.topics["b"].inherited is None
    assert set(found.refused) == {"shy"} and "TOPIC_AUTHORIZATION_FAILED" in found.refused["shy"]
    assert found.defaults == {
        "flush.ms": Inherited("9", Origin.BROKER),
        "retention.ms": Inherited("604800000", Origin.DEFAULT),
    }


def test_defaults_are_put_together_where_every_topic_sets_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(configs, "MOST_TELLING", 2)
    own, default = (lambda name: entry(name, "1", 1)), (lambda name: entry(name, "0", 5))
    wire: Any = Wire(
        result("a", own("x"), default("y"), default("z")),
        result("b", default("x"), own("y"), own("z")),
        result("c", default("w"), own("x")),
    )
    assert set(read_configs(wire, ["a", "b", "c"]).defaults) == {"x", "y", "z"}


def test_a_request_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configs, "BATCH", 2)
    wire: Any = Wire(*(result(name) for name in "abcde"))
    read_configs(wire, "abcde")
    assert wire.asked == [["a", "b"], ["c", "d"], ["e"]] == list(batches("abcde", 2))
