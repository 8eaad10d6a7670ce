"""A database is backed up, and what comes back is equal to it."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.backup import catalog
from dataops.backup.restore import restore
from dataops.backup.rotation import NAME, last_hashed
from dataops.evidence.verdict import Verdict, overall


def test_a_backup_passes_and_its_restore_equals_the_manifest(bench: Any, scratch: Any, primary: Any) -> None:
    one = bench()
    assert overall(one.preflight().checks) is Verdict.PASSED
    taken, verified, published = one.backup()
    checks = (*taken.checks, *verified.checks, *published.checks)
    assert [(check.name, check.verdict, check.reason) for check in checks if check.verdict != "passed"] == []

    header = catalog.backups(one.store, one.database.name)[0].header
    assert header.backup_id == taken.data["backup_id"]
    assert header.rows == 20365
    stored = {artifact.key for artifact in header.objects}
    folder = catalog.folder(one.database.name, header.backup_id)
    assert set(one.keys()) - {f"backups/{one.database.name}/preflight"} == stored | {folder + "manifest.json"}
    assert {listed.key for listed in one.platform.replica.list("backups/")} == stored | {
        folder + "manifest.json"
    }
    assert one.leftovers() == []

    target = scratch()
    report = restore(one.platform, one.database.name, target=target, say=one.said.append, verify=True)
    assert [check for check in report.checks if check.verdict is not Verdict.PASSED] == []
    dbname = target.rpartition("/")[2]
    assert primary.execute(
        "SELECT count(*), sum(amount) FROM app.payments", dbname=dbname
    ) == primary.execute("SELECT count(*), sum(amount) FROM app.payments", dbname=one.database.dbname)


def test_a_file_that_is_cut_into_pieces_is_whole_again(
    bench: Any, scratch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataops.backup.logical.pieces.SMALL", 100_000)
    monkeypatch.setattr("dataops.backup.logical.pieces.PIECE_BYTES", 150_000)
    one = bench()
    one.backup()
    assert any(".part-0002" in key for key in one.keys(one.folder))
    report = restore(one.platform, one.database.name, target=scratch(), say=one.said.append, verify=True)
    assert [check for check in report.checks if check.verdict is not Verdict.PASSED] == []


def test_rotating_content_leaves_the_next_backup_what_was_hashed_when(bench: Any) -> None:
    one = bench("CREATE TABLE t AS SELECT 1 AS i; CREATE TABLE u AS SELECT 2 AS i")
    keys = one.platform.keys
    assert len(last_hashed(one.store, one.database.name, keys)) == 0
    one.backup(content="rotate")
    first = last_hashed(one.store, one.database.name, keys)
    assert len(first) == 2
    assert first["public.t"].tzinfo is not None
    one.backup(content="rotate")
    assert last_hashed(one.store, one.database.name, keys)["public.u"] > first["public.u"]
    assert b"public" not in one.store.get(next(key for key in one.keys(one.folder) if key.endswith(NAME)))
