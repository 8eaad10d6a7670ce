"""Which nodes take a write, asked of each of them directly and at once: two are a split brain."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from dataops.connections import Connection
from dataops.evidence.verdict import Check, Part, Verdict
from dataops.failover.canary.address import addresses
from dataops.failover.canary.client import Client, Refused, Unanswered, Unreached
from dataops.postgres.connecting import parameters
from dataops.postgres.packaged import sql

_READ_ONLY = "25006"
_TABLE_MISSING = ("42P01", "3F000")
_AS_ANY_CLIENT_COULD = "-c default_transaction_read_only=off -c synchronous_commit=local"
"""A default is no fence: any client may override it. And nothing that a dead standby owes is waited for."""


class Taken(StrEnum):
    """What a node made of a write."""

    ACKNOWLEDGED = "acknowledged"
    READ_ONLY = "read only"
    """It answered that it takes no writes at all."""
    UNREACHABLE = "unreachable"
    """There was no session, which proves nothing: others may still have one."""
    UNCLEAR = "unclear"
    """No answer, or one that does not say whether it would take another write."""


@dataclass(frozen=True)
class NonceWrite:
    """One node's answer. ``server`` and ``timeline`` are its own words, where it took the write."""

    node: str
    taken: Taken
    nonce: str
    server: str = ""
    timeline: int = 0
    reason: str = ""
    seconds: float = 0.0


def write_everywhere(
    connections: Mapping[str, Connection],
    *,
    patience: float = 1.0,
    dbname: str | None = None,
    nonce: str | None = None,
) -> tuple[NonceWrite, ...]:
    """The answer of every node to one and the same nonce, asked at once; never raises for a node.

    ``connections`` lead straight to the nodes, by their names. Each is given ``patience`` seconds to connect
    and as many to answer.
    """
    word = nonce or secrets.token_hex(8)
    with ThreadPoolExecutor(max_workers=max(1, len(connections))) as pool:
        return tuple(
            pool.map(
                lambda item: _write(item[0], item[1], word, patience=patience, dbname=dbname),
                sorted(connections.items()),
            )
        )


def one_writable_primary(
    writes: Sequence[NonceWrite], *, proven_down: Collection[str] = (), expected: str | None = None
) -> Check:
    """Exactly one node took the write, ``expected`` where that is named, and all others are known not to.

    Two are a split brain. A node that could not be tried and is not in ``proven_down`` leaves it open.
    """
    taking = [write for write in writes if write.taken is Taken.ACKNOWLEDGED]
    wrong = taking if len(taking) > 1 else [write for write in taking if expected not in {None, write.node}]
    silent = [
        write
        for write in writes
        if write.taken in {Taken.UNREACHABLE, Taken.UNCLEAR} and write.node not in proven_down
    ]
    names = ", ".join(f"{write.node} (timeline {write.timeline})" for write in taking)
    if len(taking) > 1:
        verdict, why = Verdict.FAILED, f"Split brain: {names} took a write each."
    elif wrong:
        verdict, why = Verdict.FAILED, f"{names} took the write, and {expected} did not."
    elif silent:
        each = "; ".join(f"{write.node} could not be tried: {write.reason}" for write in silent)
        verdict, why = Verdict.INCONCLUSIVE, f"{each}. Nothing proves that it takes no writes."
    elif not taking:
        verdict, why = Verdict.FAILED, "No node takes a write."
    else:
        verdict, why = Verdict.PASSED, ""
    return Check(
        name="one writable primary",
        verdict=verdict,
        expected=f"{expected or 'one node'} takes a write, no other does",
        observed=names or "none",
        seconds=max((write.seconds for write in writes), default=0.0),
        reason=why,
        parts=tuple(
            _part(write, wrong=write in wrong, silent=write in silent, down=write.node in proven_down)
            for write in writes
        ),
    )


def _part(write: NonceWrite, *, wrong: bool, silent: bool, down: bool) -> Part:
    verdict = Verdict.FAILED if wrong else Verdict.INCONCLUSIVE if silent else Verdict.PASSED
    said = f"{write.taken} on timeline {write.timeline}" if write.timeline else str(write.taken)
    return Part(
        name=write.node,
        verdict=verdict,
        observed=f"{said}, proven down" if down else said,
        reason=write.reason,
    )


def _write(
    node: str, connection: Connection, nonce: str, *, patience: float, dbname: str | None
) -> NonceWrite:
    told = parameters(connection, dbname, "dataops canary nonce")
    told["options"] = f"{told.get('options', '')} {_AS_ANY_CLIENT_COULD}".strip()
    client = Client(addresses(told), patience=patience)
    begun = time.monotonic()

    def seen(taken: Taken, *, server: str = "", timeline: int = 0, reason: str = "") -> NonceWrite:
        return NonceWrite(node, taken, nonce, server, timeline, reason, time.monotonic() - begun)

    try:
        timeline, server = client.ask(sql(__package__, "nonce"), nonce, node).row
        return seen(Taken.ACKNOWLEDGED, server=server, timeline=timeline)
    except Unreached as error:
        return seen(Taken.UNREACHABLE, reason=str(error))
    except Refused as error:
        read_only = error.sqlstate == _READ_ONLY or (error.sqlstate in _TABLE_MISSING and _recovers(client))
        return seen(Taken.READ_ONLY if read_only else Taken.UNCLEAR, reason=str(error))
    except Unanswered as error:
        return seen(Taken.UNCLEAR, reason=str(error))
    finally:
        client.close()


def _recovers(client: Client) -> bool:
    """Whether the node replays WAL: a standby so far behind that it lacks our table takes no writes."""
    try:
        return bool(client.ask("SELECT pg_is_in_recovery()").row[0])
    except (Unreached, Refused, Unanswered):
        return False
