"""The list of targets and the second key are read strictly: a typo must not open a door."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.failover.refusals.targets import SecondKey, Target, second_key_of, targets_of


def connection(**extra: Any) -> Connection:
    return Connection(id="failover_targets", extra=extra)


def test_targets_stand_by_system_identifier() -> None:
    said = {"7300000000000000001": {"environment": "sandbox", "hosts": ["127.0.0.1"]}}
    assert targets_of(connection(**said)) == {"7300000000000000001": Target("sandbox", ("127.0.0.1",))}
    assert targets_of(connection()) == {}


@pytest.mark.parametrize(
    "said",
    [
        "sandbox",
        {"environment": "sandbox"},
        {"environment": "sandbox", "hosts": "127.0.0.1"},
        {"environment": "sandbox", "hosts": [""]},
        {"environment": "sandbox", "hosts": [1]},
        {"environment": 1, "hosts": []},
        {"environment": "sandbox", "hosts": [], "host": "x"},
    ],
)
def test_another_form_is_refused_with_the_right_one(said: Any) -> None:
    with pytest.raises(ConfigurationError, match="Connection 'failover_targets': its extra needs"):
        targets_of(connection(**{"73": said}))


def test_a_key_is_for_one_scenario_and_until_a_moment() -> None:
    key = second_key_of(connection(scenario="crash", until="2026-12-01T06:00:00Z"))
    assert key == SecondKey("crash", datetime(2026, 12, 1, 6, tzinfo=UTC))


@pytest.mark.parametrize(
    "said",
    [{}, {"scenario": "crash"}, {"scenario": "crash", "until": "soon"}, {"scenario": "crash", "until": 5},
     {"scenario": "crash", "until": "2026-12-01T06:00:00"}],
)  # fmt: skip
def test_a_key_without_a_zone_or_an_end_is_none(said: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="2026-12-01T06:00:00Z"):
        second_key_of(connection(**said))
