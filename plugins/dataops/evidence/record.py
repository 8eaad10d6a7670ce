"""The record that every run leaves behind, whatever its verdict. Its JSON Schema is part of the contract."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from dataops.evidence.picture import Picture
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict, overall

FORMAT = 1


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Objectives(_Part):
    """What is promised, in seconds."""

    rto_seconds: float | None = None
    rpo_seconds: float | None = None


class Step(_Part):
    """One step of the run and when it ran, UTC."""

    name: str
    started: datetime
    finished: datetime
    verdict: Verdict


class Lineage(_Part):
    """Where the run came from and what it was about."""

    backup_id: str | None = None
    plan_hash: str | None = None
    git_commit: str | None = None
    dag_id: str | None = None
    run_id: str | None = None
    run_type: str | None = None
    reason: str | None = None
    host: str | None = None


class Record(_Part):
    """One run's evidence. Times are UTC; ``sequence`` and ``previous`` chain a subject's records.

    ``sequence`` and ``previous`` (SHA-256 of the previous record's bytes) are filled by publishing.
    """

    format: int = FORMAT
    capability: str
    subject: str
    environment: str
    owner: str = ""
    verdict: Verdict
    reason: str
    started: datetime
    finished: datetime
    objectives: Objectives = Objectives()
    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = ()
    figures: tuple[Figure, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    pictures: tuple[Picture, ...] = ()
    lineage: Lineage = Lineage()
    programs: Mapping[str, str] = Field(default_factory=dict)
    details: Mapping[str, JsonValue] = Field(default_factory=dict)
    runbook: str = ""
    sequence: int | None = None
    previous: str | None = None

    @model_validator(mode="after")
    def _passed_means_that_every_check_passed(self) -> Record:
        if self.verdict is Verdict.PASSED and self.checks and overall(self.checks) is not Verdict.PASSED:
            raise ValueError(f"the verdict is passed, but the checks say {overall(self.checks)}")
        if self.verdict is Verdict.NOT_APPLICABLE:
            raise ValueError("a run is passed, failed or inconclusive")
        if self.finished < self.started:
            raise ValueError("the run finished before it started")
        return self

    def to_bytes(self) -> bytes:
        """JSON that a person can read, keys in the order of this model: these very bytes are hashed."""
        return self.model_dump_json(indent=2).encode() + b"\n"

    @property
    def sha256(self) -> str:
        """The hash that the next record of the chain names as ``previous``."""
        return hashlib.sha256(self.to_bytes()).hexdigest()
