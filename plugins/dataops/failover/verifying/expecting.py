"""The owners' data checks on the promoted node: the suite of include/expectations."""

from __future__ import annotations

from pathlib import Path

from dataops.connections import Connection
from dataops.evidence.verdict import Check, Part, Verdict
from dataops.failover.verifying.judged import judged

NAME = "data checks on the new primary"
TIMEOUT = 120.0
"""Seconds for the whole suite."""


def expectations(connection: Connection, dbname: str, suite: Path | None, *, asked: bool) -> Check:
    """Every expectation of the suite, asked of this node. What could not be asked is inconclusive.

    Not applicable where the scenario says so, or where nobody wrote down what is to be expected.
    """
    expected = "every expectation of the suite holds"
    if not asked:
        return Check(name=NAME, verdict=Verdict.NOT_APPLICABLE, expected=expected, reason="not wanted")
    if suite is None or not suite.exists():
        why = f"there is no {suite.name if suite else 'suite'} in include/expectations"
        return Check(name=NAME, verdict=Verdict.NOT_APPLICABLE, expected=expected, reason=why)
    from dataops.quality import run_suite

    result = run_suite(connection, dbname, suite, timeout=TIMEOUT, deadline=TIMEOUT)
    parts = [
        Part(
            name=f"{each.table}: {each.words}",
            verdict=each.verdict,
            expected=each.expected,
            observed=each.observed,
            reason=each.reason,
        )
        for each in result.results
    ]
    return judged(NAME, parts, expected=expected, observed=f"{len(parts)} asked")
