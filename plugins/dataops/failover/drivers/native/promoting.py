"""Promotion: from the order to the first moment that the node takes writes."""

from __future__ import annotations

import time
from collections.abc import Callable

from dataops.failover.drivers.driver import DriverFailed, OutcomeUnknown
from dataops.failover.drivers.native.session import NoAnswer, Session
from dataops.postgres import ConnectionLost, QueryFailed, ServerNotReady, ServerUnreachable

LONGEST = 60.0
"""Seconds until a node that does not become primary is reported."""
_AGAIN = 0.025
"""Seconds between two orders. Each wakes the startup process, which would otherwise sleep out
wal_retrieve_retry_interval (5 s by default) where the order came while it looked for more WAL."""
_LOOK = 0.003
"""Seconds between two questions whether it is done: pg_promote's own wait looks every 100 ms."""
_STATES = "SELECT pg_is_in_recovery()"
_ORDER = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_promote(wait => false) END"


def promote(node: str, session: Session, *, ordered: Callable[[], None] | None = None) -> None:
    """Make the node primary; returns as soon as it takes writes, at once where it does already.

    ``ordered`` is called right after the first order. Raises ``DriverFailed`` where it died or refused,
    ``OutcomeUnknown`` where it fell silent.
    """
    until = time.monotonic() + LONGEST
    try:
        if not _recovers(session):
            return
    except (NoAnswer, ConnectionLost, ServerNotReady, ServerUnreachable) as error:
        raise DriverFailed(
            f"{node} was not told to become primary, for it does not answer: {error}"
        ) from error
    try:
        _order(session)
        if ordered is not None:
            ordered()
        latest = time.monotonic()
        while _recovers(session):
            now = time.monotonic()
            if now > until:
                raise OutcomeUnknown(
                    f"{node} was told to become primary and is still in recovery after {LONGEST:g} s: "
                    "see its log, and whether recovery is paused."
                )
            if now - latest > _AGAIN:
                _order(session)
                latest = now
            time.sleep(_LOOK)
    except NoAnswer as error:
        raise OutcomeUnknown(f"{node} was told to become primary and fell silent: {error}") from error
    except (ConnectionLost, ServerNotReady, ServerUnreachable) as error:
        raise DriverFailed(f"{node} died while it was promoted: {error}") from error


def _order(session: Session) -> None:
    try:
        session.ask(_ORDER, within=10)
    except QueryFailed as error:  # it became primary between the two halves of the statement
        if _recovers(session):
            raise DriverFailed(f"The node refuses to become primary: {error}") from error


def _recovers(session: Session) -> bool:
    return bool(session.ask(_STATES, within=10)[0][0])
