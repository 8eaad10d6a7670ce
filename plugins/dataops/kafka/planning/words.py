"""Numbers and moments as a plan's reasons say them."""

from __future__ import annotations

from datetime import datetime

from dataops.evidence.units import duration, human
from dataops.kafka.observed import Stake
from dataops.kafka.topic_configs import number

_ENDLESS = 1 << 63


def config_value(key: str, text: str | None) -> str:
    """A config's value with its meaning: ``604800000 (7 d)``."""
    if text is None:
        return "what the broker gives"
    value = number(key, text)
    meaning = _meaning(key, value) if value is not None else ""
    return f"{text} ({meaning})" if meaning else text or '""'


def _meaning(key: str, value: int) -> str:
    if value < 0:
        return "no limit" if key in {"retention.ms", "retention.bytes"} and value == -1 else ""
    if value >= _ENDLESS - 1:
        return "never"
    if key.endswith(".ms") and value >= 1000:
        return duration(value / 1000)
    return human(value, "bytes") if key.endswith(".bytes") and value >= 1000 else ""


def at_stake(stake: Stake | None, now: datetime | None = None) -> str:
    """What a change may cost, in numbers; empty where none are known."""
    if stake is None:
        return ""
    parts = [
        f"{stake.messages:,} messages" if stake.messages is not None else "",
        human(stake.bytes, "bytes") if stake.bytes is not None else "",
        f"oldest record {moment(stake.oldest, now)}" if stake.oldest else "",
        f"last write {moment(stake.last_write, now)}" if stake.last_write else "",
        groups(stake),
    ]
    known = ", ".join(part for part in parts if part)
    return "; ".join(part for part in (known, *(f"unknown: {each}" for each in stake.unknown)) if part)


def groups(stake: Stake) -> str:
    """The consumer groups, with members and lag: ``1 consumer group (a: 3 members, lag 20)``."""
    if stake.groups is None:
        return ""
    if not stake.groups:
        return "no consumer group"
    shown = [
        f"{_printable(each.group)}: {count(each.members, 'member')}"
        + (f", lag {each.lag:,}" if each.lag is not None else ", lag unknown")
        for each in stake.groups[:3]
    ]
    more = f"; {len(stake.groups) - 3} more" if len(stake.groups) > 3 else ""
    return f"{count(len(stake.groups), 'consumer group')} ({'; '.join(shown)}{more})"


def moment(at: datetime, now: datetime | None = None) -> str:
    """Such as ``2026-11-23 14:05 UTC (2 d ago)``."""
    text = at.strftime("%Y-%m-%d %H:%M UTC")
    return f"{text} ({duration((now - at).total_seconds())} ago)" if now and now >= at else text


def _printable(name: str) -> str:
    """Groups may have any name: none shall steer a terminal."""
    return "".join(each if each.isprintable() else "?" for each in name)


def count(number: int, noun: str) -> str:
    """``no member``, ``1 member``, ``2 members``."""
    if number == 0:
        return f"no {noun}"
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
