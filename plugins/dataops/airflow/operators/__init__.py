"""One operator per step. Each resolves, calls one function of a capability, logs, and returns small JSON."""

from dataops.airflow.operators.backup import Expire, Preflight, Publish, Take, Verify
from dataops.airflow.operators.broken_file import BrokenFile
from dataops.airflow.operators.drill import CheckResult, Drill, DrillEvidence, Prepare, Teardown
from dataops.airflow.operators.evidence import Evidence, Verdict
from dataops.airflow.operators.failover import ApproveTest, FailoverEvidence, FailoverPreflight, FailoverTest
from dataops.airflow.operators.kafka import (
    Approve,
    DriftCheck,
    TopicsApply,
    TopicsApplyApproved,
    TopicsCheck,
    TopicsEvidence,
    TopicsPlan,
)
from dataops.airflow.operators.look import Look
from dataops.airflow.operators.rehearse import Rehearse
from dataops.airflow.operators.report import CheckData, MakeReport, ProveAdvice
from dataops.airflow.operators.samples import Sample, SamplesEvidence
from dataops.airflow.operators.snapshot import TakeSnapshot
from dataops.inventory import Subject

__all__ = [
    "Approve",
    "ApproveTest",
    "BrokenFile",
    "CheckData",
    "CheckResult",
    "DriftCheck",
    "Drill",
    "DrillEvidence",
    "Evidence",
    "Expire",
    "FailoverEvidence",
    "FailoverPreflight",
    "FailoverTest",
    "Look",
    "MakeReport",
    "Preflight",
    "Prepare",
    "ProveAdvice",
    "Publish",
    "Rehearse",
    "Sample",
    "SamplesEvidence",
    "Take",
    "TakeSnapshot",
    "Teardown",
    "TopicsApply",
    "TopicsApplyApproved",
    "TopicsCheck",
    "TopicsEvidence",
    "TopicsPlan",
    "Verdict",
    "Verify",
    "taking",
]


def taking(subject: Subject) -> type[Take]:
    """The operator of the task ``take``: while AWS makes a snapshot, no worker has to wait."""
    return TakeSnapshot if subject.method == "rds_snapshot" else Take
