"""A coordinator that is told to end at any moment: one node takes writes, nothing stays open, all is told."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from dataops.evidence.listing import records
from dataops.evidence.verdict import Verdict
from dataops.failover import journaling

from tests.integration.failover.cell import SERVER, Cell
from tests.integration.failover.round.rounds import watched

TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
MOMENTS = ("look once more", "break and promote", "serve again", "verify", "rejoin", "fail back")
"""Parts of a round after whose beginning it is interrupted, each within a second and a half."""


@pytest.mark.torture
@pytest.mark.skipif(not TORTURE, reason="many whole rounds: make torture")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_coordinator_that_is_told_to_end_leaves_a_cluster_in_order(
    moment: str, seed: int, make_cell: Callable[..., Cell]
) -> None:
    cell = make_cell(synchronous=True)
    cell.write_scenario("crash")
    chance = random.Random(f"{moment} {seed}")
    delay = chance.random() * chance.choice([0.05, 0.3, 1.5])

    with watched(cell) as pager:
        told = interrupted(cell, moment, delay)
        entry = journaling.read(cell.store, SERVER)
        newest = next(iter(records(cell.store, "failover_test", "crash")))

    assert entry is not None
    assert not entry.is_open, told
    assert len(cell.primaries()) == 1, told
    assert newest.verdict is Verdict.INCONCLUSIVE, told
    assert "told to end" in newest.reason, told
    assert bool(pager.titles) is ("forward:" in told)


def interrupted(cell: Cell, moment: str, delay: float) -> str:
    """What the command line told that was ended by SIGTERM, so long after the beginning of a part."""
    program = [sys.executable, "-m", "dataops.cli", "failover", "run", "crash"]
    with subprocess.Popen(
        program, env=cell.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith(moment):
                break
        time.sleep(delay)  # the moment itself, not a wait for something
        process.send_signal(signal.SIGTERM)
        lines.append(process.stderr.read())
    return "".join(lines)
