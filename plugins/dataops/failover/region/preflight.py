"""Looking before a region is lost: would the other region's bucket bring the database back at all?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dataops.backup.physical.verify import segment_size
from dataops.backup.steps import Job as Restoring
from dataops.evidence.checking import Seen, checked
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.region.copies import Reach, reach
from dataops.failover.region.survivor import Survivor
from dataops.inventory.duration import format_duration

if TYPE_CHECKING:
    from dataops.failover.job import Job
    from dataops.failover.topology import Topology

ELSEWHERE = "a backup in the other region"
YOUNG = "WAL of the other region is young enough"


def refusals(job: Job, seen: Topology) -> tuple[Check, ...]:
    """What a scenario that loses the region needs, one check each: red means that nothing may be broken.

    A backup with a copy of its own there; WAL archived there up to what may be lost; and on this machine
    everything that a restore needs.
    """
    if job.server.rds is not None:
        reason = f"{job.server.name} is managed by AWS: its snapshots are drilled, see docs/drills.md"
        return (Check(name=ELSEWHERE, verdict=Verdict.FAILED, expected="a physical backup", reason=reason),)
    found: list[tuple[Survivor, Reach]] = []

    def look() -> Seen:
        survivor = Survivor.of(job.platform)
        found.append((survivor, reach(survivor, job.server)))
        held = found[0][1]
        well = held.last is not None
        reason = "" if well else "the WAL behind it is not there: the backup cannot even be made consistent"
        return Seen(well, f"{held.header.backup_id} in bucket {survivor.store.bucket}", reason)

    there = checked(ELSEWHERE, "a physical backup with its WAL", look)
    if there.verdict is not Verdict.PASSED:
        return (there,)
    survivor, held = found[0]
    return (there, _young(job, held, seen), *_restorable(job, survivor, held))


def _young(job: Job, held: Reach, seen: Topology) -> Check:
    """Whether what is archived there ends within what may be lost, where that is said in time.

    Of an idle server the newest segment may be old: nothing was written since.
    """
    allowed = job.scenario.objectives.rpo

    def look() -> Seen | None:
        if allowed is None or held.arrived is None or held.last is None:
            return None
        age = datetime.now(UTC) - held.arrived
        behind = [
            each.lsn // segment_size(held.header) - held.last.number for each in seen.primaries if each.lsn
        ]
        idle = bool(behind) and max(behind) <= 1
        reason = f"a lost region would take more than {format_duration(allowed)}: see archive_timeout"
        observed = f"{held.last_name} came {age.total_seconds():.0f} s ago"
        return Seen(idle or age <= allowed, observed, "" if idle or age <= allowed else reason)

    return checked(YOUNG, f"at most {format_duration(allowed)} old" if allowed else None, look)


def _restorable(job: Job, survivor: Survivor, held: Reach) -> tuple[Check, ...]:
    """A drill's own preflight, of the copy there."""
    from dataops.drill.point import Point
    from dataops.drill.preflight import preflight

    header = held.header
    point = Point("end of archive", header, held.arrived or header.snapshot_at, "the other region's newest")
    checks = preflight(Restoring(survivor, job.server, job.say), point)
    return tuple(each.model_copy(update={"name": f"restore: {each.name}"}) for each in checks)
