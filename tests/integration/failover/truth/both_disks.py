"""The truth behind a ledger: which rows each data directory holds, the dead primary's as well."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace

from dataops.failover.canary.accounting import Account
from dataops.failover.canary.ledger import Ledger
from dataops.failover.canary.write import Outcome

from sandbox import os_user
from sandbox.ports import free_port
from sandbox.postgresql import Cluster, programs
from tests.integration.failover.cell import DATABASE, Cell

Key = tuple[int, int, int]
"""Session, its write, and the number that the sequence issued."""


def rows(cluster: Cluster, run: str) -> set[Key]:
    """The canary's rows of a run on a running server."""
    found = cluster.execute(
        "SELECT session, n, id FROM dataops_canary.writes WHERE run = %s", run, dbname=DATABASE
    )
    return {(int(session), int(n), int(id_)) for session, n, id_ in found}


def rows_on_disk(cell: Cell, node: str, run: str) -> set[Key]:
    """The same of a dead server: a copy of its data directory recovers alone, and is thrown away."""
    dead = cell.cluster(node)
    folder = dead.folder / "truth"
    copy = replace(dead, folder=folder, port=free_port())
    os_user.own_folder(folder)
    os_user.own_folder(copy.sockets)
    subprocess.run(["cp", "-a", str(dead.data), str(copy.data)], check=True)
    for left in ("standby.signal", "postmaster.pid"):
        (copy.data / left).unlink(missing_ok=True)
    alone = f"-p {copy.port} -c unix_socket_directories={copy.sockets} -c synchronous_standby_names="
    pg_ctl = [programs() / "pg_ctl", "-D", copy.data, "-w", "-s"]
    try:
        os_user.run([*pg_ctl, "-l", folder / "log", "-o", alone, "start"])
        return rows(copy, run)
    finally:
        os_user.run([*pg_ctl, "-m", "immediate", "stop"])
        subprocess.run(["rm", "-rf", str(folder)], check=True)


@dataclass(frozen=True)
class Truth:
    """What really happened to the writes of one run, from both disks."""

    acknowledged: frozenset[Key]
    unknown: frozenset[tuple[int, int]]
    old: frozenset[Key]
    new: frozenset[Key]

    @classmethod
    def of(cls, cell: Cell, ledger: Ledger, *, old: str, new: str) -> Truth:
        """``old`` is dead and not yet rewound, ``new`` runs."""
        writes = [each for session in ledger.sessions.values() for each in session]
        return cls(
            acknowledged=frozenset((each.session, each.n, each.id) for each in writes if each.acknowledged),
            unknown=frozenset((each.session, each.n) for each in writes if each.outcome is Outcome.UNKNOWN),
            old=frozenset(rows_on_disk(cell, old, ledger.run)),
            new=frozenset(rows(cell.cluster(new), ledger.run)),
        )

    @property
    def lost(self) -> frozenset[Key]:
        """Acknowledged, and not on the server that clients have now."""
        return self.acknowledged - self.new

    def assert_told(self, account: Account) -> None:
        """The account says exactly this, and the disks explain it."""
        told = {(each.session, each.n, each.id) for each in account.lost}
        assert told == self.lost, (sorted(told ^ self.lost), account)
        # A row that was lost is on the dead server's disk: it was acknowledged by it.
        assert self.lost <= self.old, sorted(self.lost - self.old)
        assert not account.phantoms, account.phantoms
        # Whatever is there without having been acknowledged had an unknown outcome, never another one.
        unasked = {(session, n) for session, n, _ in self.new - self.acknowledged}
        assert unasked == {(each.session, each.n) for each in account.unknown_present}
        assert unasked <= self.unknown
