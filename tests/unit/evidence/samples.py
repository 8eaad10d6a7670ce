"""Records as runs leave them: passed, failed and inconclusive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dataops.evidence.record import Lineage, Objectives, Record, Step
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict, overall, reason

START = datetime(2026, 11, 23, 2, 15, tzinfo=UTC)


def record(*checks: Check, **changes: Any) -> Record:
    """A backup of ``flights`` with these checks; one that passed where none are given."""
    checks = checks or (check("every piece is read back", expected=14, observed=14),)
    steps = [("preflight", 0, 1.4), ("take", 1.6, 38), ("verify", 38.2, 52), ("publish", 52, 53.1)]
    values: dict[str, Any] = {
        "capability": "backup",
        "subject": "flights",
        "environment": "sandbox",
        "owner": "data-platform",
        "verdict": overall(checks),
        "reason": reason(checks),
        "started": START,
        "finished": START + timedelta(seconds=54),
        "objectives": Objectives(rto_seconds=3600, rpo_seconds=86400),
        "checks": checks,
        "steps": tuple(
            Step(
                name=name,
                started=START + timedelta(seconds=begin),
                finished=START + timedelta(seconds=end),
                verdict=overall(checks) if name == "verify" else Verdict.PASSED,
            )
            for name, begin, end in steps
        ),
        "figures": (
            Figure(name="rpo", value=51_000, unit="seconds"),
            Figure(name="rows", value=336_776, unit="rows"),
            Figure(name="stored", value=28_400_000, unit="bytes"),
            Figure(name="speed", value=12_340_000, unit="bytes/second"),
            Figure(name="tables", value=14, unit="count"),
        ),
        "artifacts": (
            Artifact(
                key="backups/flights/20261123T021500Z-3f9a2c/manifest.json", size=4210, sha256="5e" * 32
            ),
            Artifact(
                key="backups/flights/20261123T021500Z-3f9a2c/pieces/3401.dat.gz.age",
                size=28_395_790,
                sha256="a1" * 32,
            ),
        ),
        "lineage": Lineage(
            backup_id="20261123T021500Z-3f9a2c",
            git_commit="0c6f4d1e9a7b3c5d8e2f4a6b8c0d2e4f6a8b0c2d",
            dag_id="backup__flights",
            run_id="scheduled__2026-11-23T02:15:00+00:00",
            host="worker-1",
        ),
        "programs": {"pg_dump": "pg_dump (PostgreSQL) 15.18", "age": "pyrage 1.4.0", "server": "15.18"},
        "runbook": "http://localhost:8080/dags/backup__flights",
    }
    return Record(**{**values, **changes})


def check(name: str, verdict: Verdict = Verdict.PASSED, **values: Any) -> Check:
    return Check(name=name, verdict=verdict, **{"seconds": 0.42, **values})


def red() -> Record:
    """A run with one of everything that goes wrong."""
    return record(
        check("pg_dump is of the server's major version", expected=15, observed=15),
        check("the standby's lag is below its limit", expected="at most 30 s", observed="1.2 s"),
        check(
            "pieces/3401.dat.gz.age is read back as it was sent",
            Verdict.FAILED,
            expected="sha256 a1a1a1a1",
            observed="sha256 77c0ffee",
            reason="The object in the store differs from what was sent.",
            seconds=13.4,
        ),
        check(
            "no definition changed during the backup",
            Verdict.FAILED,
            expected=[],
            observed=["table public.flights: column tail_num added", "view public.late: definition changed"],
            reason="DDL during backup, twice.",
        ),
        check(
            "data checksums are intact",
            Verdict.NOT_APPLICABLE,
            reason="The server has no data checksums, as its manifest says.",
        ),
    )


def unknown() -> Record:
    """A run that could not see what it should."""
    return record(
        check("pg_dump is of the server's major version", expected=15, observed=15),
        check(
            "the replica bucket has the backup",
            Verdict.INCONCLUSIVE,
            expected="14 objects",
            reason="could not run: the store at https://replica:8333 gave up after 8 attempts in 60 s.",
        ),
    )
