"""The configs that a topic may have, with type and bounds, and when two of their values mean the same.

Source: ``java -cp 'libs/*' org.apache.kafka.storage.internals.log.LogConfig`` of Kafka 4.3.1, which prints
the definitions that the broker itself checks by. A test compares this table with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

from dataops.inventory.duration import parse_duration

Kind = Literal["long", "int", "double", "boolean", "string", "list"]

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_SIZE = re.compile(r"([1-9][0-9]{0,9}) ?(KiB|MiB|GiB|TiB)", re.ASCII)
_SIZES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_THROTTLED = re.compile(r"\*|[0-9]+:[0-9]+", re.ASCII)
_LARGEST = {"long": (1 << 63) - 1, "int": (1 << 31) - 1}


@dataclass(frozen=True, slots=True)
class TopicConfig:
    """One config. ``broker_key`` is the broker's config that gives the default; empty where there is none.

    ``also`` is a number outside the bounds that is allowed nevertheless.
    """

    key: str
    kind: Kind
    default: str
    broker_key: str = ""
    least: int | None = None
    most: int | None = None
    also: int | None = None
    choices: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """What may stand there, in words."""
        if self.choices:
            return ", ".join(self.choices)
        if self.kind == "boolean":
            return "true or false"
        if self.kind == "list":
            return "partition:broker, separated by commas, or *"
        also = f", or {self.also}" if self.also is not None else ""
        bounds = f" from {self.least}" if self.least is not None else ""
        bounds += f" to {self.most}" if self.most is not None else ""
        unit = ", or a duration such as 7d" if self.key.endswith(".ms") else ""
        unit = ", or a size such as 10MiB" if self.key.endswith(".bytes") else unit
        return f"a {'' if self.kind == 'double' else 'whole '}number{bounds}{also}{unit}"


_TABLE = (
    TopicConfig("cleanup.policy", "list", "delete", "log.cleanup.policy", choices=("compact", "delete")),
    TopicConfig("compression.gzip.level", "int", "-1", "compression.gzip.level", 1, 9, -1),
    TopicConfig("compression.lz4.level", "int", "9", "compression.lz4.level", 1, 17),
    TopicConfig(
        "compression.type",
        "string",
        "producer",
        "compression.type",
        choices=("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
    ),
    TopicConfig("compression.zstd.level", "int", "3", "compression.zstd.level", -131072, 22),
    TopicConfig("delete.retention.ms", "long", "86400000", "log.cleaner.delete.retention.ms", 0),
    TopicConfig("file.delete.delay.ms", "long", "60000", "log.segment.delete.delay.ms", 0),
    TopicConfig("flush.messages", "long", "9223372036854775807", "log.flush.interval.messages", 1),
    TopicConfig("flush.ms", "long", "9223372036854775807", "log.flush.interval.ms", 0),
    TopicConfig("follower.replication.throttled.replicas", "list", ""),
    TopicConfig("index.interval.bytes", "int", "4096", "log.index.interval.bytes", 0),
    TopicConfig("leader.replication.throttled.replicas", "list", ""),
    TopicConfig("local.retention.bytes", "long", "-2", "log.local.retention.bytes", -2),
    TopicConfig("local.retention.ms", "long", "-2", "log.local.retention.ms", -2),
    TopicConfig(
        "max.compaction.lag.ms", "long", "9223372036854775807", "log.cleaner.max.compaction.lag.ms", 1
    ),
    TopicConfig("max.message.bytes", "int", "1048588", "message.max.bytes", 0),
    TopicConfig("message.timestamp.after.max.ms", "long", "3600000", "log.message.timestamp.after.max.ms", 0),
    TopicConfig(
        "message.timestamp.before.max.ms",
        "long",
        "9223372036854775807",
        "log.message.timestamp.before.max.ms",
        0,
    ),
    TopicConfig(
        "message.timestamp.type",
        "string",
        "CreateTime",
        "log.message.timestamp.type",
        choices=("CreateTime", "LogAppendTime"),
    ),
    TopicConfig("min.cleanable.dirty.ratio", "double", "0.5", "log.cleaner.min.cleanable.ratio", 0, 1),
    TopicConfig("min.compaction.lag.ms", "long", "0", "log.cleaner.min.compaction.lag.ms", 0),
    TopicConfig("min.insync.replicas", "int", "1", "min.insync.replicas", 1),
    TopicConfig("preallocate", "boolean", "false", "log.preallocate"),
    TopicConfig("remote.log.copy.disable", "boolean", "false"),
    TopicConfig("remote.log.delete.on.disable", "boolean", "false"),
    TopicConfig("remote.storage.enable", "boolean", "false"),
    TopicConfig("retention.bytes", "long", "-1", "log.retention.bytes"),
    TopicConfig("retention.ms", "long", "604800000", "log.retention.ms", -1),
    TopicConfig("segment.bytes", "int", "1073741824", "log.segment.bytes", 1048576),
    TopicConfig("segment.index.bytes", "int", "10485760", "log.index.size.max.bytes", 4),
    TopicConfig("segment.jitter.ms", "long", "0", "log.roll.jitter.ms", 0),
    TopicConfig("segment.ms", "long", "604800000", "log.roll.ms", 1),
    TopicConfig(
        "unclean.leader.election.enable", "boolean", "false", "unclean.leader.election.enable"
    ),
)  # fmt: skip

KNOWN = {each.key: each for each in _TABLE}
"""Every topic config of Kafka 4.3.1, by its key."""

TOPIC_KEY_OF = {
    **{each.broker_key: each.key for each in _TABLE if each.broker_key not in {"", each.key}},
    "log.retention.hours": "retention.ms",
    "log.retention.minutes": "retention.ms",
    "log.roll.hours": "segment.ms",
}
"""From a broker's config to the topic's that overrides it, where their names differ."""


class BadValue(ValueError):
    """A value that Kafka would refuse; the message says what is wrong, as the end of a sentence."""


def as_text(key: str, value: object) -> str:
    """The text of a value from YAML as Kafka stores it, in the one form that ``normalised`` gives.

    Raises ``BadValue``. A key that is not known keeps its value as written.
    """
    config = KNOWN.get(key)
    if isinstance(value, list) and (config is None or config.kind == "list"):
        value = ",".join(str(each) for each in value)
    if isinstance(value, dict | list) or value is None:
        raise BadValue("is no single value")
    if isinstance(value, bool):
        if config and config.kind != "boolean":
            raise BadValue("is read by YAML as true or false: put it in quotes")
        return str(value).lower()
    text = str(value)
    return text if config is None else _checked(key, text)


def normalised(key: str, text: str) -> str:
    """The one form of all texts that mean the same to Kafka; a text that it would refuse stays as it is."""
    config = KNOWN.get(key)
    if config is None:
        return text
    try:
        return _checked(key, text)
    except BadValue:
        return text


def same(key: str, one: str | None, other: str | None) -> bool:
    """Whether two values mean the same to Kafka; None is no value."""
    if one is None or other is None or one == other:
        return one == other
    return normalised(key, one) == normalised(key, other)


def number(key: str, text: str | None) -> int | None:
    """The whole number of a config's value; None where there is none."""
    if text is None:
        return None
    plain = text if _WHOLE.fullmatch(text) else normalised(key, text)
    return int(plain) if _WHOLE.fullmatch(plain) else None


def is_known(key: str, others: Iterable[str] = ()) -> bool:
    """Whether Kafka, or one of these other patterns, knows the key."""
    return key in KNOWN or any(fnmatchcase(key, pattern) for pattern in others)


@lru_cache(maxsize=65536)
def _checked(key: str, text: str) -> str:
    config, text = KNOWN[key], text.strip()
    if config.kind in {"long", "int"}:
        return _whole(config, text)
    if config.kind == "double":
        return _double(config, text)
    if config.kind == "boolean":
        if text.lower() not in {"true", "false"}:
            raise BadValue("is neither true nor false")
        return text.lower()
    if config.kind == "list":
        return _list(config, text)
    return _choice(config, text)


def _whole(config: TopicConfig, text: str) -> str:
    value = int(text) if _WHOLE.fullmatch(text) else _with_unit(config, text)
    within = (config.least is None or value >= config.least) and value <= (
        config.most if config.most is not None else _LARGEST[config.kind]
    )
    if not within and value != config.also:
        raise BadValue(f"is out of bounds: {config.form}")
    return str(value)


def _with_unit(config: TopicConfig, text: str) -> int:
    if config.key.endswith(".ms"):
        try:
            return int(parse_duration(text).total_seconds() * 1000)
        except ValueError:
            pass
    size = _SIZE.fullmatch(text) if config.key.endswith(".bytes") else None
    if size is None:
        raise BadValue(f"is no whole number: {config.form}")
    return int(size[1]) * _SIZES[size[2]]


def _double(config: TopicConfig, text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        raise BadValue(f"is no number: {config.form}") from None
    if not (config.least or 0) <= value <= (config.most if config.most is not None else float("inf")):
        raise BadValue(f"is out of bounds: {config.form}")
    return repr(value)


def _list(config: TopicConfig, text: str) -> str:
    parts = sorted({part.strip() for part in text.strip("[]").split(",") if part.strip()})
    if config.choices:
        return ",".join(_choice(config, part) for part in parts)
    if not all(_THROTTLED.fullmatch(part) for part in parts):
        raise BadValue(f"has another form than it should: {config.form}")
    return ",".join(parts)


def _choice(config: TopicConfig, text: str) -> str:
    found = next((each for each in config.choices if each.lower() == text.lower()), None)
    if found is None:
        raise BadValue("is not allowed")
    return found
