"""Every fault that a scenario may name is there."""

from __future__ import annotations

from typing import get_args

import pytest
from dataops.errors import ConfigurationError
from dataops.failover.faults.registry import FAULTS, fault_of
from dataops.failover.scenario import FaultName


def test_each_fault_of_a_scenario_is_known_and_no_other() -> None:
    assert set(FAULTS) == set(get_args(FaultName))


def test_another_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"no fault 'flood': known are cut_clients"):
        fault_of("flood")
