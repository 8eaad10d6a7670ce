"""Proof on the watched database itself, by HypoPG: cheap enough for every night."""

from __future__ import annotations

import time
from collections.abc import Sequence

from dataops.errors import DataOpsError
from dataops.evidence.steps import Say
from dataops.evidence.units import human
from dataops.evidence.verdict import Figure
from dataops.inventory import Database
from dataops.performance.finding import Advice, Finding
from dataops.performance.proving.hypothetical import planner, try_hypothetical
from dataops.performance.proving.judging import BY_HYPOPG, not_tried
from dataops.performance.proving.proven import Proven, can_be_planned, checks_of, untried, with_proofs
from dataops.platform import Platform

BUDGET = 60.0
"""Seconds that planning may take on the watched server; what is left then says that it was not tried."""


def prove_by_hypopg(
    platform: Platform, database: Database, findings: Sequence[Finding], *, say: Say, budget: float = BUDGET
) -> Proven:
    """The findings, with what the planner of the watched database says of their index advice.

    Nothing is written there. Where HypoPG is missing, or the role may not plan a statement, the proof says
    so and is neither for nor against the advice.
    """
    if not any(map(can_be_planned, findings)):
        return Proven(tuple(findings))
    connection = platform.connection(platform.inventory.server_of(database).connection)
    begun = time.monotonic()
    deadline = begun + budget
    try:
        with planner(connection, database.dbname) as session:

            def tried(advice: Advice) -> Advice:
                if time.monotonic() >= deadline:
                    return advice.model_copy(update={"proof": not_tried(BY_HYPOPG, "its time was used up")})
                return try_hypothetical(session, advice)

            found = with_proofs(findings, tried)
    except DataOpsError as error:
        say(f"Nothing was tried on HypoPG: {error}")
        found = untried(findings, BY_HYPOPG, str(error))
    took = Figure(name="planning on the watched database", value=time.monotonic() - begun, unit="seconds")
    proven = Proven(found, checks_of(found), figures=(took,))
    say(
        f"HypoPG: {proven.helping} pieces of advice help, {proven.withdrawn} are withdrawn, "
        f"{human(took.value, took.unit)}."
    )
    return proven
