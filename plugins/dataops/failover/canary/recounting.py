"""Counting once more, from the kept files alone: ``python -m dataops.failover.canary.recounting FOLDER``.

For whoever does not take our word: an auditor downloads a leg's folder from the store, compares the hashes
with those in the evidence, and gets the same figures on another machine, without the database.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dataops.connections import from_environment
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.verdict import Figure
from dataops.failover.canary.accounting import Account, account
from dataops.failover.canary.chain import HEADS, heads_from_json
from dataops.failover.canary.ledger import Ledger, read
from dataops.failover.canary.reissued import reissued
from dataops.failover.canary.schema import Surviving
from dataops.failover.canary.schema import surviving as surviving_rows
from dataops.failover.canary.staleness import staleness
from dataops.failover.canary.timing import Timing, timing
from dataops.failover.marks import Marks
from dataops.postgres import connect

SURVIVING = "surviving.csv"
MOMENTS = "moments.json"


@dataclass(frozen=True)
class Recount:
    """What the files of one leg say."""

    ledger: Ledger
    account: Account
    timing: Timing | None
    """None where nothing was broken, or nobody kept when."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Everything that can be measured from them."""
        timed = () if self.timing is None else self.timing.figures()
        return (*timed, *self.account.figures(), *staleness(self.ledger).figures())


def recount(folder: Path, *, steady: float, surviving: Surviving | None = None) -> Recount:
    """The account of the ledger, rows and moments that a folder holds.

    ``steady``: seconds of ``load.steady`` in the scenario. ``surviving``: the rows, where the folder lacks
    them. Without the coordinator's moments no time is told. Raises ``ConfigurationError`` where a file is
    missing or is something else, ``LedgerUntrusted`` where the ledger is not what was told of it.
    """
    try:
        heads = heads_from_json((folder / HEADS).read_text(encoding="utf-8"))
        rows = surviving or Surviving.from_csv((folder / SURVIVING).read_text(encoding="utf-8"))
        marks, fork = _moments(folder / MOMENTS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{folder} is no folder of a leg, with the files {HEADS}, {SURVIVING} and {MOMENTS}: {error}."
        ) from error
    ledger = read(folder, heads)
    timed = None if marks.fault is None else timing(ledger, marks, steady=steady)
    return Recount(ledger, account(ledger, rows, fork=fork), timed)


def _moments(file: Path) -> tuple[Marks, int | None]:
    """The marks and the fork; none where the coordinator was killed before it kept them."""
    if not file.exists():
        return Marks(), None
    told = json.loads(file.read_text(encoding="utf-8"))
    return Marks(**told["marks"]), told.get("fork")


def rows_of(connection_id: str, dbname: str, run: str) -> Surviving:
    """The rows of a run that a node has now, by its connection in ``AIRFLOW_CONN_…``.

    For a canary that has ended: all of its writes count as before the look, whichever machine looks.
    """
    with closing(connect(from_environment(connection_id), dbname=dbname)) as conn:
        return replace(surviving_rows(conn, run), read_at=math.inf)


def main(argv: Sequence[str]) -> int:
    """Print what a folder says; the exit code of what went wrong."""
    from argparse import ArgumentParser

    parser = ArgumentParser("recounting", description="Count a canary's ledger once more.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steady", type=float, default=3.0, help="load.steady of the scenario, in seconds")
    parser.add_argument(
        "--from", dest="node", help="connection to the node whose rows count, where none were kept"
    )
    parser.add_argument("--database", default="", help="with --from: the database that the canary wrote to")
    told = parser.parse_args(argv)
    try:
        rows = rows_of(told.node, told.database, _run_of(told.folder)) if told.node else None
        found = recount(told.folder, steady=told.steady, surviving=rows)
    except DataOpsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write("\n".join(_lines(found)) + "\n")
    return 0


def _run_of(folder: Path) -> str:
    heads = folder / HEADS
    if not heads.exists():
        raise ConfigurationError(f"{folder} is no folder of a leg: it has no {HEADS}.")
    return read(folder, heads_from_json(heads.read_text(encoding="utf-8"))).run


def _lines(found: Recount) -> list[str]:
    writes = sum(map(len, found.ledger.sessions.values()))
    return [
        f"run {found.ledger.run}: {writes} writes of {len(found.ledger.sessions)} sessions, "
        "every line bound to the ones before",
        *(f"{figure.name}: {figure.value:g} {figure.unit}" for figure in found.figures),
        *(f"lost: {json.dumps(asdict(write))}" for write in found.account.lost),
        *(f"phantom: {json.dumps(asdict(row))}" for row in found.account.phantoms),
        *(f"issued twice: {twice.id}" for twice in reissued(found.ledger)),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
