"""The demo's part about failover: the primary is killed under a writing client, and everything comes back."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sandbox import airflow_runs
from sandbox.airflow_runs import Told
from sandbox.airflow_server import AirflowClient
from sandbox.platform import BUCKET, SandboxPlatform
from sandbox.start import Say

SCENARIO = "sandbox_crash"
TEST = f"failover_test__{SCENARIO}"
WIDTH = 30
"""Characters of the longest bar."""
AUTHOR = "demo@example.org"
"""Who is said to have written the scenario: neither who starts the test nor who approves it."""


def is_there(platform: SandboxPlatform) -> bool:
    """Whether the include folder has the scenario that the demo plays."""
    return (platform.airflow.include / "failover" / f"{SCENARIO}.yaml").exists()


def play(platform: SandboxPlatform, client: AirflowClient, say: Say, *, seconds: float) -> Told:
    """Start the test as one user, approve its plan as another, and wait until it has ended."""
    run = airflow_runs.trigger(client, TEST, {"author": AUTHOR, "reason": "The demo's crash."})
    if airflow_runs.waits_for_a_person(client, run, "approve", log=platform.home.log("scheduler")):
        say("  the test waits for a person; the user approver reads the plan and says yes")
        airflow_runs.answer(platform.airflow.client("approver"), run, "approve", "Approve")
    return airflow_runs.await_all(client, [run], seconds=seconds, say=say)[0]


def picture(platform: SandboxPlatform, told: Told) -> list[str]:
    """What the client saw around the crash, as bars of acknowledged writes; empty where nothing was drawn."""
    from dataops.errors import DataOpsError
    from dataops.evidence import listing
    from dataops.store import ObjectStore

    store = ObjectStore.from_connection(platform.store.connection(), BUCKET)
    try:
        record = listing.show(store, f"evidence/{told.page.partition('/evidence/')[2]}")
    except DataOpsError:
        return []
    return bars(record.pictures[0].rows) if record.pictures else []


def bars(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line a step of time: seconds, acknowledged, failed and unanswered writes, and what happened then."""
    most = max((_count(row[1]) for row in rows), default=0) or 1
    lines = []
    for seconds, acknowledged, failed, unanswered, *happened in rows:
        bar = "█" * math.ceil(WIDTH * _count(acknowledged) / most)
        red = "✕" * min(WIDTH, _count(failed) + _count(unanswered))
        lines.append(f"{seconds:>8} s  {bar + red:<{WIDTH}}  {' '.join(happened)}".rstrip())
    return lines


def _count(cell: str) -> int:
    return int("".join(filter(str.isdigit, cell)) or 0)
