"""Marking backups as proven: what a drill leaves beside a backup in the catalog. Only drills do.

A passed drill proves its backup. A failed one takes that away, whatever passed before. An inconclusive
one, which could not look, says nothing new: an earlier proof stands, with its own date, and the catalog
shows both.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import JsonValue

from dataops.backup import catalog
from dataops.backup.catalog import Proof
from dataops.evidence.record import Record
from dataops.evidence.verdict import Verdict, overall

if TYPE_CHECKING:
    from dataops.store import ObjectStore

log = logging.getLogger(__name__)

READABLE = "every manifest is readable"
GAPLESS = "WAL without a gap since the oldest backup"
NOT_ABOUT_THE_BACKUP = frozenset({READABLE, GAPLESS})
"""Checks of the subject as a whole. They make the drill red, but say nothing about the backup that it
restored: were that to lose its proof by them, nothing could ever expire, and what is wrong would stay."""
PREPARE = "prepare"
STORE = "store"
"""The check of preflight that fails where objects of the backup are gone, and for no other reason: what this
worker may not read or write is inconclusive."""


def write_proof(store: ObjectStore, record: Record, evidence_key: str) -> str | None:
    """The key of the proof that the drill of this record left; None where its backup is gone by now.

    ``evidence_key`` is where the record itself lies.
    """
    backup_id = record.lineage.backup_id
    if backup_id is None or not store.exists(catalog.manifest_key(record.subject, backup_id)):
        log.info("No proof is written: there is no backup %s of %s.", backup_id, record.subject)
        return None
    proof = proof_of(record, evidence_key)
    key = f"{catalog.proofs_folder(record.subject, backup_id)}{_stamp(record)}.json"
    store.put(key, proof.model_dump_json(indent=2).encode() + b"\n")
    return key


def proof_of(record: Record, evidence_key: str) -> Proof:
    """What the record of a drill says about its backup."""
    point = _mapping(record.details.get("point"))
    at = point.get("at")
    return Proof(
        at=record.finished,
        started=record.started,
        verdict=verdict_of(record),
        coverage=_mapping(record.details.get("coverage")),
        evidence=evidence_key,
        kind=str(point.get("kind") or "backup"),
        reached=datetime.fromisoformat(at) if isinstance(at, str) else None,
    )


def verdict_of(record: Record) -> Verdict:
    """What the drill says of the backup: its verdict, but for checks that are not about the backup.

    A drill that was red before it touched the backup did not look: inconclusive, unless what it saw is that
    objects of the backup are gone. Nobody can restore that one, whatever passed before.
    """
    if any(check.name == STORE and check.verdict is Verdict.FAILED for check in record.checks):
        return Verdict.FAILED
    prepared = next((step.verdict for step in record.steps if step.name == PREPARE), None)
    if prepared in {Verdict.FAILED, Verdict.INCONCLUSIVE}:
        return Verdict.INCONCLUSIVE
    about = [check for check in record.checks if check.name not in NOT_ABOUT_THE_BACKUP]
    # A record whose verdict is red although its checks are not is red for a reason that is not listed.
    if overall(record.checks) is not record.verdict:
        return record.verdict
    return overall(about)


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _stamp(record: Record) -> str:
    """Keys sort by the end of the drill."""
    return f"{record.finished.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
