"""Counting once more, from the kept files alone: ``python -m dataops.failover.canary.recounting FOLDER``.

For whoever does not take our word: an auditor downloads a leg's folder from the store, compares the hashes
with those in the evidence, and gets the same figures on another machine, without the database.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.verdict import Figure
from dataops.failover.canary.accounting import Account, account
from dataops.failover.canary.chain import HEADS, heads_from_json
from dataops.failover.canary.ledger import Ledger, read
from dataops.failover.canary.reissued import reissued
from dataops.failover.canary.schema import Surviving
from dataops.failover.canary.staleness import staleness
from dataops.failover.canary.timing import Timing, timing
from dataops.failover.marks import Marks

SURVIVING = "surviving.csv"
MOMENTS = "moments.json"


@dataclass(frozen=True)
class Recount:
    """What the files of one leg say."""

    ledger: Ledger
    account: Account
    timing: Timing | None
    """None where nothing was broken."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Everything that can be measured from them."""
        timed = () if self.timing is None else self.timing.figures()
        return (*timed, *self.account.figures(), *staleness(self.ledger).figures())


def recount(folder: Path, *, steady: float) -> Recount:
    """The account of the ledger, rows and moments that a folder holds.

    ``steady``: seconds of ``load.steady`` in the scenario. Raises ``ConfigurationError`` where a file is
    missing or no such file, ``LedgerUntrusted`` where the ledger is not what was told of it.
    """
    try:
        heads = heads_from_json((folder / HEADS).read_text(encoding="utf-8"))
        surviving = Surviving.from_csv((folder / SURVIVING).read_text(encoding="utf-8"))
        moments = json.loads((folder / MOMENTS).read_text(encoding="utf-8"))
        marks = Marks(**moments["marks"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{folder} is no folder of a leg, with the files {HEADS}, {SURVIVING} and {MOMENTS}: {error}."
        ) from error
    ledger = read(folder, heads)
    timed = None if marks.fault is None else timing(ledger, marks, steady=steady)
    return Recount(ledger, account(ledger, surviving, fork=moments.get("fork")), timed)


def main(argv: Sequence[str]) -> int:
    """Print what a folder says; the exit code of what went wrong."""
    from argparse import ArgumentParser

    parser = ArgumentParser("recounting", description="Count a canary's ledger once more.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steady", type=float, default=3.0, help="load.steady of the scenario, in seconds")
    told = parser.parse_args(argv)
    try:
        found = recount(told.folder, steady=told.steady)
    except DataOpsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    lines = [
        f"run {found.ledger.run}: {sum(map(len, found.ledger.sessions.values()))} writes of "
        f"{len(found.ledger.sessions)} sessions, every line bound to the ones before",
        *(f"{figure.name}: {figure.value:g} {figure.unit}" for figure in found.figures),
        *(f"lost: {json.dumps(asdict(write))}" for write in found.account.lost),
        *(f"phantom: {json.dumps(asdict(row))}" for row in found.account.phantoms),
        *(f"issued twice: {twice.id}" for twice in reissued(found.ledger)),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
