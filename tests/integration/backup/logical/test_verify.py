"""Whatever happens to an object after it was sent, the backup is not published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dataops.backup import catalog
from dataops.backup.draft import NoDraft
from dataops.backup.logical import Logical
from dataops.backup.publication import NotVerified
from dataops.evidence.verdict import Verdict

SMALL = "CREATE TABLE t AS SELECT generate_series(1, 100) AS i"


def flip(body: bytes) -> bytes:
    return bytes([body[0] ^ 1]) + body[1:]


@pytest.mark.parametrize(
    "ending", ["pieces/bundle-000001.tar.age", "globals.sql.age", "details.json.zst.age"]
)
@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (flip, "holds other bytes than were sent"),
        (lambda body: body[:-1], "bytes were not sent|has .* bytes, .* were sent"),
        (None, "is missing"),
    ],
    ids=["flipped", "cut", "gone"],
)
def test_a_damaged_object_is_named(
    bench: Any, ending: str, damage: Callable[[bytes], bytes] | None, words: str
) -> None:
    one = bench(SMALL)
    taken = one.take()
    key = catalog.folder(one.database.name, str(taken.data["backup_id"])) + ending
    if damage is None:
        one.store.delete([key])
    else:
        one.store.put(key, damage(one.store.get(key)))
    verified = one.verify(taken)
    (check,) = verified.checks
    assert check.verdict is Verdict.FAILED
    assert check.reason.startswith(key)
    with pytest.raises(NotVerified, match="was not verified"):
        Logical().publish(one.job(), taken, verified)
    assert catalog.backups(one.store, one.database.name) == ()


def test_another_draft_than_the_one_that_was_sent_is_refused(bench: Any) -> None:
    one = bench(SMALL)
    taken = one.take()
    key = catalog.folder(one.database.name, str(taken.data["backup_id"])) + "draft.json"
    one.store.put(key, one.store.get(key) + b" ")
    with pytest.raises(NoDraft, match="not the draft that was sent"):
        one.verify(taken)
    one.store.delete([key])
    with pytest.raises(NoDraft, match=r"There is no .*draft\.json"):
        one.verify(taken)


def test_publishing_again_is_harmless(bench: Any) -> None:
    one = bench(SMALL)
    taken = one.take()
    verified = one.verify(taken)
    key = catalog.folder(one.database.name, str(taken.data["backup_id"])) + "draft.json"
    draft = one.store.get(key)
    Logical().publish(one.job(), taken, verified)
    one.store.put(key, draft)  # as if the step had died just before its end
    Logical().publish(one.job(), taken, verified)
    assert len(catalog.backups(one.store, one.database.name)) == 1


def test_a_damaged_copy_in_the_replica_bucket_is_red(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bench(SMALL)
    taken = one.take()
    verified = one.verify(taken)
    monkeypatch.setenv("DATAOPS_REPLICA_BUCKET", "there-is-no-such-bucket")
    (check,) = Logical().publish(one.job(), taken, verified).checks
    assert check.verdict is Verdict.FAILED
    assert "there-is-no-such-bucket" in check.reason
