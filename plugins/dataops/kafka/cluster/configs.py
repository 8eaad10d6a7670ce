"""Configs of many topics, a batch a request: what they set themselves, and what they inherit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from dataops.kafka.cluster.metadata import ABSENT
from dataops.kafka.cluster.wire import Wire, word
from dataops.kafka.observed import Inherited, Origin

T = TypeVar("T")

TOPIC, BROKER = 2, 4
"""Kinds of a config resource (ConfigResource.Type)."""

DYNAMIC_TOPIC, DEFAULT = 1, 5
"""Where a value comes from (DescribeConfigsResponse.ConfigSource)."""

BATCH = 1000
"""Topics a request: an answer of about 1.2 MB."""


MOST_TELLING = 50
"""How many topics are asked for defaults where each sets some keys itself."""


@dataclass(frozen=True, slots=True)
class Configs:
    """One topic's own overrides, the names of those whose value is hidden, and what it inherits if asked."""

    own: Mapping[str, str]
    sensitive: frozenset[str] = frozenset()
    inherited: Mapping[str, Inherited] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """``refused``: topics whose configs we may not see, and why. Topics that are gone are in neither.

    ``defaults``: what a topic without overrides has.
    """

    topics: dict[str, Configs] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, Inherited] = field(default_factory=dict)


def read_configs(
    wire: Wire, names: Collection[str], inherited: Callable[[str], bool] = lambda name: False
) -> Reading:
    """The configs of these topics; what a topic inherits only where ``inherited`` says so."""
    reading = Reading()
    telling = MOST_TELLING
    for answer in wire.read_all([partial(_request, TOPIC, batch) for batch in batches(names, BATCH)]):
        for result in answer.results:
            name = result.resource_name
            if result.error_code == 0:
                reading.topics[name] = _configs(result.configs, with_inherited=inherited(name))
                if telling:
                    reading.defaults.update(_inherited(result.configs))
                    telling = telling - 1 if reading.topics[name].own else 0
            elif result.error_code not in ABSENT:
                said = result.error_message or word(result.error_code)
                reading.refused[name] = f"its configs may not be read ({said})"
    return reading


def read_broker_configs(wire: Wire, node: int) -> dict[str, tuple[str | None, int]]:
    """The values of one broker and their sources, asked of the broker itself."""
    answer = wire.read(lambda: _request(BROKER, [str(node)]), node=node)
    result = answer.results[0]
    if result.error_code:
        from dataops.kafka.cluster.wire import check

        check(result.error_code, f"read the configs of broker {node}", result.error_message)
    return {each.name: (each.value, each.config_source) for each in result.configs}


def read_shared_defaults(wire: Wire, node: int) -> dict[str, Inherited]:
    """Defaults that a broker has under the same name as a topic: for a cluster without any topic yet."""
    found = read_broker_configs(wire, node)
    return {
        name: Inherited(found[name][0], _origin(found[name][1]))
        for name in ("compression.type", "min.insync.replicas")
        if name in found
    }


def batches(items: Collection[T], size: int) -> Iterator[list[T]]:
    """The items in lists of at most so many."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _request(kind: int, names: Sequence[str]) -> Any:
    from kafka.protocol.admin import DescribeConfigsRequest

    Resource = DescribeConfigsRequest.DescribeConfigsResource
    return DescribeConfigsRequest(
        resources=[
            Resource(resource_type=kind, resource_name=name, configuration_keys=None) for name in names
        ],
        include_synonyms=False,
        include_documentation=False,
    )


def _configs(entries: Sequence[Any], *, with_inherited: bool) -> Configs:
    own = {each.name: each for each in entries if each.config_source == DYNAMIC_TOPIC}
    return Configs(
        {name: each.value or "" for name, each in own.items()},
        frozenset(name for name, each in own.items() if each.is_sensitive),
        _inherited(entries) if with_inherited else None,
    )


def _inherited(entries: Sequence[Any]) -> dict[str, Inherited]:
    return {
        each.name: Inherited(None if each.is_sensitive else each.value, _origin(each.config_source))
        for each in entries
        if each.config_source != DYNAMIC_TOPIC
    }


def _origin(source: int) -> Origin:
    return Origin.DEFAULT if source == DEFAULT else Origin.BROKER
