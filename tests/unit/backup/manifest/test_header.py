"""The clear header survives writing and reading, and says plainly what is wrong with one that does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from dataops.backup.manifest.header import (
    FORMAT,
    Consistency,
    Coverage,
    Encryption,
    Header,
    PgBackRest,
    UnreadableManifest,
)
from dataops.evidence.verdict import Artifact

AT = datetime(2026, 11, 23, 14, 15, tzinfo=UTC)


def header(**changes: object) -> Header:
    facts: dict[str, object] = {
        "backup_id": "20261123T141500Z-3f9a2c",
        "subject": "flights",
        "kind": "database",
        "method": "logical",
        "environment": "sandbox",
        "server": "sandbox",
        "started": AT,
        "finished": AT,
        "snapshot_at": AT,
        "consistency": Consistency.EXACT_SNAPSHOT,
        "encryption": Encryption(scheme="age", recipients=("age1…",)),
    }
    return Header.model_validate(facts | changes)


def test_what_was_written_is_read() -> None:
    written = header(
        objects=(Artifact(key="a", size=1, sha256="00"),),
        coverage=Coverage(tables=3, hashed=2, blind=("subscription",)),
        pgbackrest=PgBackRest(label="20261123-141500F", type="full", stanza="sandbox"),
    )
    assert Header.from_bytes(written.to_bytes()) == written


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is not a manifest"),
        (b"[]", "is not a manifest"),
        (b'{"subject": "flights"}', "is not a manifest"),
        (json.dumps({"format": FORMAT + 1}).encode(), "update dataops"),
        (json.dumps({"format": FORMAT}).encode(), "backup_id: Field required"),
    ],
)
def test_what_is_no_manifest_is_told(body: bytes, said: str) -> None:
    with pytest.raises(UnreadableManifest, match=said):
        Header.from_bytes(body, "backups/flights/x/manifest.json")


def test_a_misspelt_field_is_told() -> None:
    body = json.dumps(json.loads(header().to_bytes()) | {"subjekt": "flights"}).encode()
    with pytest.raises(UnreadableManifest, match="subjekt"):
        Header.from_bytes(body)
