"""The evidence of a run on a cluster, from what its steps left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from pydantic import JsonValue

from dataops.evidence import recording
from dataops.evidence.record import Lineage, Record
from dataops.evidence.recording import record_of_steps
from dataops.evidence.steps import StepReport
from dataops.kafka.job import Job
from dataops.kafka.remembering import TOPICS

PROGRAMS = ("confluent-kafka", "kafka-python")
LOOK = "The page of the DAG kafka_topics__{cluster} says what each red line means; docs/kafka.md says more."


def record_of(job: Job, reports: Sequence[StepReport], *, lineage: Mapping[str, str] | None = None) -> Record:
    """The record of a run that provisions: every check of every step."""
    planned = next((report.data for report in reports if report.step == "plan"), {})
    approved = next((report.data for report in reports if report.step == "approve"), {})
    details: dict[str, JsonValue] = {
        name: planned[name] for name in ("summary", "safe", "gated", "plan") if planned.get(name)
    }
    if approved.get("by"):
        details["approved by"] = approved["by"]
    return record_of_steps(
        TOPICS,
        job.cluster,
        reports,
        environment=job.platform.environment,
        owner=owner_of(job),
        lineage=lineage_of(
            job, {"plan_hash": str(planned.get("safe") or planned.get("gated") or ""), **(lineage or {})}
        ),
        programs=programs(),
        details=details,
        runbook=LOOK.format(cluster=job.cluster),
    )


def lineage_of(job: Job, told: Mapping[str, str]) -> Lineage:
    """Commit, host, and what is told of the run."""
    return recording.lineage_of(told, git_commit=job.git_commit)


def programs() -> dict[str, str]:
    """The versions of the clients that speak to Kafka."""
    return {name: version(name) for name in PROGRAMS}


def owner_of(job: Job) -> str:
    """Who is called about the cluster; empty where its file does not say, or cannot be read."""
    from dataops.kafka.files.loading import read_clusters

    return next((each.owner for each in read_clusters(job.include).clusters if each.name == job.cluster), "")
