"""Proof that at most one node takes writes: the guard writes to every node, and hears who acknowledges."""

from __future__ import annotations

from contextlib import closing

from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import Driver
from dataops.failover.topology import Role, Topology

NAME = "one writable primary"
_TIMEOUT = 5.0


def at_most_one(driver: Driver, seen: Topology, expected: str, dbname: str | None) -> Check:
    """Failed where two nodes acknowledge a write, or another than expected; inconclusive where one might.

    A node that could not be tried is proven harmless only where its host says that nothing of it runs.
    ``expected`` is empty where nobody knows who should be primary.
    """
    from dataops.failover.canary.nonce import one_writable_primary, write_everywhere

    try:
        nodes = {each.name: driver.connection(each.name) for each in seen.nodes}
        writes = write_everywhere(nodes, dbname=dbname)
    except DataOpsError as error:
        return Check(
            name=NAME,
            verdict=Verdict.INCONCLUSIVE,
            expected="at most one node acknowledges a write",
            observed="no node was written to",
            reason=str(error),
        )
    down = {each.name for each in seen.nodes if each.role is Role.DOWN}
    found = one_writable_primary(writes, proven_down=down, expected=expected or None)
    return found.model_copy(update={"name": NAME})


def with_room(driver: Driver, seen: Topology, expected: str, dbname: str | None) -> Check:
    """The same proof where the coordinator died before it made a table to write to, or after it dropped it.

    For the guard only: while a canary writes there is one. What is made for the proof is dropped again.
    """
    made = bool(expected) and _make_room(driver, expected, dbname)
    try:
        return at_most_one(driver, seen, expected, dbname)
    finally:
        if made:
            clear(driver, expected, dbname)


def _make_room(driver: Driver, primary: str, dbname: str | None) -> bool:
    """Whether tables were made. Where they could not be, the proof says what is in the way."""
    from dataops.failover.canary import schema
    from dataops.postgres import connect

    try:
        with closing(
            connect(driver.connection(primary), dbname=dbname, statement_timeout=_TIMEOUT)
        ) as session:
            if not schema.cleared(session):
                return False
            schema.prepare(session)
            return True
    except DataOpsError:
        return False


def clear(driver: Driver, primary: str, dbname: str | None) -> Check:
    """The canary's tables dropped from a primary that has lost nothing, so that nothing of a test is left."""
    from dataops.failover.canary import schema
    from dataops.postgres import connect

    name, expected = "nothing of the canary is left", "its tables are dropped"
    try:
        with closing(
            connect(driver.connection(primary), dbname=dbname, statement_timeout=_TIMEOUT)
        ) as session:
            schema.clear(session)
            gone = schema.cleared(session)
    except DataOpsError as error:
        return Check(name=name, verdict=Verdict.INCONCLUSIVE, expected=expected, reason=str(error))
    return Check(
        name=name,
        verdict=Verdict.PASSED if gone else Verdict.FAILED,
        expected=expected,
        observed="dropped" if gone else "still there",
    )
