"""What the canary's process is told: harmless things by arguments, connections by its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dataops.failover.canary.address import Address

ROUTE = "DATAOPS_CANARY_ROUTE"
READERS = "DATAOPS_CANARY_READERS"
"""Environment variables that hold libpq's parameters as JSON, passwords among them: never in ``argv``."""


@dataclass(frozen=True)
class Options:
    """One canary. Times are seconds, ``rate`` is writes a second and session."""

    run: str
    folder: Path
    sessions: int
    rate: int
    readers: int
    patience: float
    route: tuple[Address, ...]
    nodes: Mapping[str, tuple[Address, ...]]
    """Where readers look, by the name of the node."""

    def argv(self) -> list[str]:
        """The arguments that say it, but for the connections."""
        return [
            *("--run", self.run, "--folder", str(self.folder), "--sessions", str(self.sessions)),
            *("--rate", str(self.rate), "--readers", str(self.readers), "--patience", repr(self.patience)),
        ]

    def environment(self) -> dict[str, str]:
        """The variables that say the connections."""
        return {
            ROUTE: json.dumps([dict(address) for address in self.route]),
            READERS: json.dumps({
                node: [dict(address) for address in addresses] for node, addresses in self.nodes.items()
            }),
        }


def parse(argv: Sequence[str], environment: Mapping[str, str]) -> Options:
    """The options that ``argv`` and ``environment`` said."""
    from argparse import ArgumentParser

    parser = ArgumentParser("dataops.failover.canary", description="Write through the route, keep a ledger.")
    parser.add_argument("--run", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    for name in ("sessions", "rate", "readers"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--patience", type=float, required=True)
    told = parser.parse_args(argv)
    return Options(
        **vars(told),
        route=tuple(json.loads(environment[ROUTE])),
        nodes={node: tuple(addresses) for node, addresses in json.loads(environment[READERS]).items()},
    )
