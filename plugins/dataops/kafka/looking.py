"""One look at a cluster: what is declared, what is there, what is remembered, and the plan that follows."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from dataops.kafka.changes import Plan
from dataops.kafka.cluster.connecting import Session, connect
from dataops.kafka.cluster.observing import observe
from dataops.kafka.cluster.stakes import read_stakes
from dataops.kafka.desired import Desired
from dataops.kafka.drifting import Drift, drift
from dataops.kafka.job import Job
from dataops.kafka.memory import Memory, remembered
from dataops.kafka.observed import ObservedCluster
from dataops.kafka.planning import plan


@dataclass(frozen=True)
class View:
    """All of one moment. ``plan`` has the numbers that are at stake."""

    desired: Desired
    observed: ObservedCluster
    memory: Memory
    plan: Plan

    @property
    def drift(self) -> Drift:
        """What differs, with its cause."""
        return drift(self.desired, self.observed, self.plan, self.memory)

    def to_remember(self) -> Memory:
        """What this look leaves to the next run."""
        return remembered(self.desired, self.observed, self.memory, self.drift.findings)


@contextmanager
def session_of(job: Job) -> Generator[Session]:
    """A session with the job's cluster, whose id was compared with the pinned one."""
    cluster = job.desired.cluster
    with connect(job.platform.connection(cluster.connection), cluster.cluster_id) as session:
        yield session


def look(session: Session, job: Job, memory: Memory, *, all_stakes: bool = False) -> View:
    """What is there now and what would be changed. It only reads.

    Numbers are read for the topics that the plan asks for; with ``all_stakes`` for all declared ones.
    """
    desired = job.desired
    observed = observe(session, named=desired.topics)
    found = _plan(job, observed, memory)
    if found.wants_stakes:
        observed = replace(observed, stakes=read_stakes(session, observed.topics, found.wants_stakes))
        found = _plan(job, observed, memory)
    if all_stakes:
        others = [name for name in desired.topics if name not in observed.stakes]
        more = read_stakes(session, observed.topics, others, sample=False)
        observed = replace(observed, stakes={**observed.stakes, **more})
    return View(desired, observed, memory, found)


def _plan(job: Job, observed: ObservedCluster, memory: Memory) -> Plan:
    return plan(job.desired, observed, memory=memory, git_commit=job.git_commit, only=job.only)
