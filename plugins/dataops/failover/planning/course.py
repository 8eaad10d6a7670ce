"""Which way a round goes: what is broken decides whether a node is promoted at all."""

from __future__ import annotations

from enum import StrEnum

from dataops.failover.scenario import FaultName, Scenario


class Course(StrEnum):
    """The ways. Each promises something else, so each is verified by other checks."""

    TELL = "tell"
    """Nothing is done: the plan is all there is."""
    SWITCH = "switch"
    """Roles change hands in order: the old primary stops, the new one has all of its WAL."""
    FAIL_OVER = "fail over"
    """The primary is broken, fenced, and another node promoted in its place."""
    ABORT = "abort"
    """The promotion itself fails, and must end cleanly: no second primary, nothing hidden."""
    ENDURE = "endure"
    """Something breaks that must *not* lead to a promotion: the primary stays primary."""
    RESTORE = "restore"
    """Every node is gone with its store: the database comes back from the other region's bucket."""


OF_FAULT: dict[FaultName, Course] = {
    "stop": Course.FAIL_OVER,
    "kill": Course.FAIL_OVER,
    "hang": Course.FAIL_OVER,
    "hang_postmaster": Course.FAIL_OVER,
    "cut_node": Course.FAIL_OVER,
    "wal_disk_full": Course.FAIL_OVER,
    "kill_standby_while_promoting": Course.ABORT,
    "cut_replication": Course.ENDURE,
    "cut_clients": Course.ENDURE,
    "lagging_standby": Course.ENDURE,
    "kill_standby": Course.ENDURE,
    "standby_disk_full": Course.ENDURE,
    "region_lost": Course.RESTORE,
}
AT_STANDBY: frozenset[FaultName] = frozenset(("lagging_standby", "kill_standby", "standby_disk_full"))
"""What is broken at a standby, and not at the primary."""
AT_ANY: frozenset[FaultName] = frozenset(("cut_replication",))
"""What may be broken at the primary or at a standby: it means the same."""
OUTLIVES_FENCE: frozenset[FaultName] = frozenset(("cut_node", "wal_disk_full"))
"""What ending the old primary's processes does not take away: healed before that node can rejoin."""


def course_of(scenario: Scenario) -> Course:
    """The way of this scenario's round."""
    if scenario.mode == "tabletop":
        return Course.TELL
    if scenario.mode == "switchover":
        return Course.SWITCH
    return OF_FAULT[scenario.breaks]


def told_course_of(scenario: Scenario) -> Course:
    """The same, but for a tabletop the way that it tells of."""
    if scenario.mode == "tabletop":
        return OF_FAULT[scenario.breaks]
    return course_of(scenario)
