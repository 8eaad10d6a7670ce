"""A person takes a round out of the guard's hands, which touches the cluster no more from then on."""

from __future__ import annotations

from datetime import UTC, datetime

from dataops.errors import ConfigurationError
from dataops.evidence import Published, publish
from dataops.evidence.record import Record
from dataops.evidence.verdict import Check, Verdict
from dataops.failover import journaling
from dataops.failover.guard.course import Course, Decision
from dataops.failover.guard.recording import record_of
from dataops.failover.journaling import Journal
from dataops.inventory import Server
from dataops.platform import Platform
from dataops.store import lease


def finish(platform: Platform, name: str, *, who: str, why: str) -> tuple[Record, Published]:
    """Close the open round of a server by hand, on record; nothing is done to the cluster.

    Raises ``ConfigurationError`` where no round is open or no reason is given, ``LeaseHeld`` while somebody
    leads it.
    """
    if not why.strip():
        raise ConfigurationError("Say why the round is finished by hand: --reason TEXT.")
    server = platform.inventory.subject(name)
    if not isinstance(server, Server):
        raise ConfigurationError(f"{name} is a database: name its server, {server.server}.")
    started = datetime.now(UTC)
    entry = journaling.read(platform.store, name)
    if entry is None or not entry.is_open:
        raise ConfigurationError(f"No round of a failover test stands open on {name}: nothing to finish.")
    lease_name = journaling.lease_name(entry.round.system_identifier)
    with lease(platform.store, lease_name, holder=who, seconds=entry.lease) as held:
        journal = Journal.take_over(platform.store, name, held=held)
        if journal is not None:
            journal.close(facts={"ended by": f"{who}, by hand: {why}"})
    by_hand = Check(
        name="the round is led to its end",
        verdict=Verdict.INCONCLUSIVE,
        expected="by its coordinator or the guard",
        observed=f"finished by hand as {entry.round.phase}",
        reason=f"{who} says: {why.rstrip('.')}. Nobody has proven what state the cluster is in.",
    )
    decision = Decision(Course.HANDS_OFF, f"{who} finished the round by hand")
    record = record_of(server, platform.environment, entry, decision, [by_hand], started, datetime.now(UTC))
    return record, publish(platform.store, record)
