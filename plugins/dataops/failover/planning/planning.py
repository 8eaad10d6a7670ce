"""Planning: look at the cluster, and say what a round would do. Nothing is changed."""

from __future__ import annotations

from dataops.connections import Connection
from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Artifact
from dataops.failover.job import Job
from dataops.failover.planning.candidate import primary_of
from dataops.failover.planning.exposure import Pace, measure
from dataops.failover.planning.plan import Plan, plan_from_json
from dataops.failover.planning.planner import Situation, plan
from dataops.failover.topology import Topology
from dataops.store import ObjectMissing, ObjectStore


class PlanGone(InconclusiveError):
    """The plan that was shown is no longer in the store, or is not what it was: plan again."""


def plan_of(job: Job, seen: Topology | None = None, *, measured: bool = True) -> Plan:
    """The plan of a scenario on its cluster as it was seen, by default now.

    ``measured`` False spares the half second in which the pace of writing is measured; the hash is the same.
    Raises ``NoPlan`` where the cluster is in no state from which the scenario could start.
    """
    driver = job.driver
    seen = driver.observe() if seen is None else seen
    pace = _pace(job, driver.connection(primary_of(seen).name)) if measured else None
    return plan(
        Situation(
            scenario=job.scenario,
            server=job.server,
            settings=job.settings,
            databases=job.platform.inventory.databases_of(job.server),
            seen=seen,
            owner=job.owner,
            git_commit=job.git_commit,
            pace=pace,
        ),
        driver,
    )


def plan_key(server: str, digest: str) -> str:
    """Where a plan is kept until it is carried out."""
    return f"failover/{server}/plans/{digest}.json"


def keep_plan(store: ObjectStore, found: Plan) -> Artifact:
    """The plan in the store, under its hash."""
    stored = store.put(plan_key(found.server, found.hash), found.to_json())
    return Artifact(key=stored.key, size=stored.size, sha256=stored.sha256)


def read_plan(store: ObjectStore, key: str) -> Plan:
    """The plan that ``keep_plan`` left. Raises ``PlanGone``."""
    try:
        found = plan_from_json(store.get(key))
    except (ObjectMissing, ValueError):
        raise PlanGone(f"The plan {key} is not in the store as it was left there: plan again.") from None
    if key != plan_key(found.server, found.hash):
        raise PlanGone(f"{key} holds another plan than its name says: plan again.")
    return found


def _pace(job: Job, primary: Connection) -> Pace | None:
    try:
        return measure(primary)
    except DataOpsError as error:
        job.say(f"The pace of writing could not be measured: {error}")
        return None
