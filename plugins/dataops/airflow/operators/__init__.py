"""One operator per step. Each resolves, calls one function of a capability, logs, and returns small JSON."""

from dataops.airflow.operators.backup import Expire, Preflight, Publish, Take, Verify
from dataops.airflow.operators.broken_file import BrokenFile
from dataops.airflow.operators.evidence import Evidence, Verdict
from dataops.airflow.operators.look import Look

__all__ = ["BrokenFile", "Evidence", "Expire", "Look", "Preflight", "Publish", "Take", "Verdict", "Verify"]
