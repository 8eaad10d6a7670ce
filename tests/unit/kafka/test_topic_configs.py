"""Values of configs are read as Kafka reads them, and two texts are the same if they mean the same."""

from __future__ import annotations

import pytest
from dataops.kafka.topic_configs import KNOWN, BadValue, as_text, normalised, same
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("key", KNOWN)
def test_kafkas_own_default_is_a_value_in_its_one_form(key: str) -> None:
    default = KNOWN[key].default
    assert normalised(key, default) == default
    assert as_text(key, default) == default


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("retention.ms", 604800000, "604800000"),
        ("retention.ms", "7d", "604800000"),
        ("retention.ms", "+7", "7"),
        ("retention.bytes", "10 MiB", "10485760"),
        ("segment.bytes", "1GiB", "1073741824"),
        ("cleanup.policy", ["delete", "compact"], "compact,delete"),
        ("cleanup.policy", "delete , compact, delete", "compact,delete"),
        ("compression.type", "ZSTD", "zstd"),
        ("message.timestamp.type", "logappendtime", "LogAppendTime"),
        ("preallocate", True, "true"),
        ("min.cleanable.dirty.ratio", 0.5, "0.5"),
        ("min.cleanable.dirty.ratio", 1, "1.0"),
        ("compression.gzip.level", -1, "-1"),
        ("leader.replication.throttled.replicas", ["1:2", "0:1"], "0:1,1:2"),
        ("confluent.key", "as it is", "as it is"),
    ],
)
def test_a_value_becomes_the_text_that_kafka_stores(key: str, value: object, text: str) -> None:
    assert as_text(key, value) == text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("retention.ms", "7 days"),
        ("retention.ms", "1_000"),
        ("retention.ms", "٣"),
        ("retention.ms", 1 << 63),
        ("segment.bytes", 1 << 31),
        ("segment.bytes", "1d"),
        ("retention.ms", "1GiB"),
        ("compression.gzip.level", 0),
        ("compression.gzip.level", 10),
        ("min.cleanable.dirty.ratio", 1.1),
        ("min.cleanable.dirty.ratio", "nan"),
        ("preallocate", "yes"),
        ("cleanup.policy", "remove"),
        ("leader.replication.throttled.replicas", "1-2"),
        ("retention.ms", None),
        ("retention.ms", [1]),
    ],
)
def test_a_value_that_kafka_would_refuse_is_refused(key: str, value: object) -> None:
    with pytest.raises(BadValue):
        as_text(key, value)


@given(st.sampled_from(sorted(KNOWN)), st.text(max_size=12))
@settings(deadline=None)
def test_the_one_form_is_a_form_of_its_own(key: str, text: str) -> None:
    assert normalised(key, normalised(key, text)) == normalised(key, text)
    assert same(key, text, normalised(key, text))
    assert not same(key, text, None)
