"""A double failure, and a further standby that does not follow: neither hides, neither stops what goes on."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.round import mending
from dataops.failover.round.aborting import CLEAN, HELD, promotion_dies
from dataops.failover.topology import Role
from dataops.store import LeaseLost

from tests.unit.failover.builders import cluster, node
from tests.unit.failover.round.staging import Told, staged


class Mortal(Told):
    """Its first promotion fails."""

    def promote(self, node: str) -> None:
        self.promotes = None if "promote beta" in self.acts else DriverFailed("beta died")
        super().promote(node)


def check(stage: Any, name: str) -> Verdict:
    found: Verdict = next(each.verdict for each in stage.findings.checks if each.name == name)
    return found


def test_what_died_while_it_was_promoted_is_started_and_promoted_again() -> None:
    told = Mortal()
    told.seen = cluster(node("alpha", Role.DOWN), node("beta", Role.STANDBY))
    stage, leg = staged(told, fault="kill_standby_while_promoting")

    promotion_dies(stage, leg)

    assert told.acts[3:] == [
        *("fence alpha", "promote beta", "fence beta", "heal beta", "promote beta", "route beta", "promoted")
    ]
    assert check(stage, CLEAN) is Verdict.PASSED
    assert check(stage, HELD) is Verdict.PASSED


def test_what_may_come_back_as_a_second_history_is_not_started() -> None:
    class Unheld(Mortal):
        def fence(self, node: str) -> Check:
            found = super().fence(node)
            return found.model_copy(update={"verdict": Verdict.INCONCLUSIVE}) if node == "beta" else found

    told = Unheld()
    told.seen = cluster(node("alpha", Role.DOWN), node("beta", Role.STANDBY))
    stage, leg = staged(told, fault="kill_standby_while_promoting")

    with pytest.raises(DriverFailed, match="old timeline"):
        promotion_dies(stage, leg)

    assert told.acts[-1] == "fence beta"
    assert check(stage, HELD) is Verdict.INCONCLUSIVE


def test_an_old_primary_that_is_back_while_nobody_is_promoted_is_no_clean_end() -> None:
    told = Mortal()
    told.seen = cluster(node("alpha", Role.PRIMARY), node("beta", Role.STANDBY))
    stage, leg = staged(told, fault="kill_standby_while_promoting")

    promotion_dies(stage, leg)

    assert check(stage, CLEAN) is Verdict.FAILED


def test_a_standby_that_was_promoted_before_it_could_die_teaches_nothing() -> None:
    told = Told()
    stage, leg = staged(told, fault="kill_standby_while_promoting")

    promotion_dies(stage, leg)

    assert check(stage, CLEAN) is Verdict.INCONCLUSIVE


def test_a_further_standby_that_does_not_follow_is_red_and_stops_nobody() -> None:
    told = Told()
    told.rejoins = DriverFailed("no room")
    stage, leg = staged(told)

    mending.follow(stage, leg)

    assert check(stage, mending.FOLLOW) is Verdict.FAILED


def test_a_lost_lease_is_no_matter_of_one_standby() -> None:
    told = Told()
    told.rejoins = LeaseLost("followed")
    stage, leg = staged(told)

    with pytest.raises(LeaseLost):
        mending.follow(stage, leg)
