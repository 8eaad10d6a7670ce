"""Each fault has its own sentence and exit code, before anything was written that could pass for a backup."""

from __future__ import annotations

import dataclasses
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from dataops import process
from dataops.backup.logical import Logical
from dataops.backup.logical.globals import written
from dataops.backup.logical.standing import DumpFailed, NoRoom
from dataops.backup.restore import restore
from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.store import ObjectStore

SMALL = "CREATE TABLE t AS SELECT generate_series(1, 100) AS i"
CANARY = "canary-3f9a2c-secret"


def refused(one: Any, exit_code: int, words: str, **options: Any) -> None:
    """Preflight says so, and take too, writing nothing."""
    for step in (one.preflight, one.take):
        with pytest.raises(DataOpsError, match=words) as caught:
            step(**options)
        assert caught.value.exit_code == exit_code
        assert CANARY not in str(caught.value)
        assert "\n" not in str(caught.value)
    assert one.leftovers() == []


def altered(one: Any, connection_id: str, **changes: Any) -> None:
    one.connections[connection_id] = dataclasses.replace(one.connections[connection_id], **changes)


def test_wrong_password(bench: Any) -> None:
    one = bench(SMALL)
    altered(one, "test_primary", password=CANARY)
    refused(one, 2, "login was refused")


def test_unreachable_server(bench: Any) -> None:
    one = bench(SMALL)
    altered(one, "test_primary", port=1)
    refused(one, 1, "does not answer")


def test_missing_database(bench: Any) -> None:
    one = bench(SMALL, dbname="nowhere")
    refused(one, 2, "no such database")


def test_missing_pg_dump_and_one_of_another_major(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench(SMALL)
    monkeypatch.setattr("dataops.process.programs._FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    refused(one, 2, "pg_dump of PostgreSQL 15 is not installed here")
    other = tmp_path / "pg_dump"
    other.write_text('#!/bin/sh\necho "pg_dump (PostgreSQL) 14.1"\n')
    other.chmod(other.stat().st_mode | stat.S_IXUSR)
    refused(one, 2, r"pg_dump \(PostgreSQL\) 14.1.*server is PostgreSQL 15")


def test_a_compression_that_this_major_lacks(bench: Any) -> None:
    refused(bench(SMALL, compression="zstd:3"), 2, "needs PostgreSQL 16")


def test_an_option_that_does_not_exist_or_does_not_fit(bench: Any) -> None:
    one = bench(SMALL)
    refused(one, 2, "Option 'job'.*Options are: jobs", job=3)
    refused(one, 2, "Option 'jobs'", jobs=0)


def test_a_disk_smaller_than_the_bound(bench: Any, tmp_path: Path) -> None:
    one = bench(SMALL)
    free = shutil.disk_usage(tmp_path).free
    refused(one, 1, "MiB free, the dump may take", disk_bound=free * 2)
    refused(one, 2, "is no folder", work_dir=str(tmp_path / "nowhere"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 160 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("A small disk needs the right to mount a file system, which this machine does not give.")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("room", [0, 2 << 20], ids=["at once", "in the middle"])
def test_a_disk_that_fills_up_while_the_dump_is_written(bench: Any, small_disk: Path, room: int) -> None:
    one = bench(
        "CREATE TABLE t AS SELECT i, md5(i::text) || md5((i + 1)::text) FROM generate_series(1, 200000) AS i"
    )
    said = one.said.append

    def fill(line: str) -> None:
        said(line)
        if line.startswith("Dumping"):
            with suppress(OSError), (small_disk / "somebody else's").open("wb", buffering=0) as file:
                while shutil.disk_usage(small_disk).free > room:
                    file.write(bytes(min(1 << 20, shutil.disk_usage(small_disk).free - room)))

    job = dataclasses.replace(one.job(work_dir=str(small_disk)), say=fill)
    with pytest.raises(NoRoom, match=r"local disk is full: .*work_dir") as caught:
        Logical().take(job)
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)
    assert one.keys(one.folder + "2") == []
    assert [path.name for path in small_disk.iterdir()] == ["somebody else's"]


def test_roles_that_were_dumped_in_part_are_refused(tmp_path: Path) -> None:
    """A full disk that pg_dumpall does not notice: it ends well, and its output ends in the middle."""
    program = tmp_path / "pg_dumpall"
    program.write_text("#!/bin/sh\necho 'CREATE ROLE some'\n")
    program.chmod(0o700)
    with pytest.raises(DumpFailed, match="ends in the middle"):
        written([str(program)], env={}, path=tmp_path / "globals.sql")


@pytest.fixture
def weak_role(primary: Any) -> Iterator[str]:
    primary.execute(f"CREATE ROLE logical_weak LOGIN PASSWORD '{CANARY}'")
    yield "logical_weak"
    primary.execute("DROP OWNED BY logical_weak; DROP ROLE logical_weak")


def test_a_role_without_rights_and_with_them(bench: Any, primary: Any, weak_role: str) -> None:
    one = bench("CREATE TABLE t AS SELECT 1 AS i; CREATE TABLE u AS SELECT 1 AS i; SELECT lo_create(4711)")
    altered(one, "test_primary", login=weak_role, password=CANARY)
    refused(
        one, 2, f"role {weak_role} may not read large object 4711, public.t, public.u: .*pg_read_all_data"
    )
    primary.execute(
        f"GRANT pg_read_all_data TO {weak_role}; ALTER ROLE {weak_role} SET lo_compat_privileges = on"
    )
    one.preflight()
    primary.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY", dbname=one.database.dbname)
    refused(one, 2, f"ALTER ROLE {weak_role} BYPASSRLS")
    primary.execute(f"ALTER ROLE {weak_role} BYPASSRLS")
    one.backup()
    assert len(one.published()) == 1
    primary.execute(f"REVOKE pg_read_all_data FROM {weak_role}")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"login": "nobody"}, "does not know the access key"),
        ({"password": CANARY}, "does not accept the secret key"),
    ],
    ids=["access key", "secret key"],
)
def test_wrong_keys_of_the_store(bench: Any, changes: dict[str, Any], words: str) -> None:
    one = bench(SMALL)
    altered(one, "dataops_store", **changes)
    refused(one, 2, words)


def test_wrong_bucket(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bench(SMALL)
    monkeypatch.setenv("DATAOPS_BUCKET", "no-such-bucket")
    refused(one, 2, "no such bucket")


def test_read_only_bucket(bench: Any, object_store_server: Any) -> None:
    one = bench(SMALL)
    one.connections["dataops_store"] = object_store_server.connection(user=object_store_server.reader)
    refused(one, 2, "does not allow this")


@pytest.mark.parametrize(
    ("extra", "password", "words"),
    [
        ({}, "00" * 32, "names nobody who could read"),
        ({"recipients": ["age1nonsense"]}, "00" * 32, "recipient .* cannot be read"),
        ({"recipients": ["age1nonsense"]}, CANARY, "no usable HMAC key"),
    ],
    ids=["no recipient", "bad recipient", "bad key"],
)
def test_keys_that_cannot_be_used(bench: Any, extra: dict[str, Any], password: str, words: str) -> None:
    one = bench(SMALL)
    one.connections["dataops_encryption"] = Connection("dataops_encryption", password=password, extra=extra)
    refused(one, 2, words)


def test_no_secret_is_said_or_written_in_clear(
    bench: Any, primary: Any, weak_role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench(SMALL)
    primary.execute(f"GRANT pg_read_all_data TO {weak_role}")
    altered(one, "test_primary", login=weak_role, password=CANARY)
    argvs: list[str] = []
    start = process.start

    def noting(argv: Any, **rest: Any) -> Any:
        argvs.append(" ".join(map(str, argv)))
        return start(argv, **rest)

    monkeypatch.setattr(process, "start", noting)
    reports = one.backup()
    assert argvs
    secrets = [
        CANARY,
        one.connections["dataops_store"].password,
        one.connections["dataops_encryption"].password,
    ]
    spoken = "\n".join([*argvs, *one.said, *(report.model_dump_json() for report in reports)])
    stored = b"\n".join(one.store.get(key) for key in one.keys(""))
    assert not [secret for secret in secrets if secret in spoken or secret.encode() in stored]
    primary.execute(f"REVOKE pg_read_all_data FROM {weak_role}")


def test_without_encryption_everything_is_readable_and_restores(bench: Any, scratch: Any) -> None:
    one = bench(SMALL, encryption="off")
    one.backup()
    assert not [key for key in one.keys("backups/") if key.endswith(".age")]
    report = restore(one.platform, one.database.name, target=scratch(), say=one.said.append, verify=True)
    assert {check.verdict for check in report.checks} == {"passed"}


def test_the_escrow_key_alone_reads_a_backup(bench: Any, scratch: Any) -> None:
    one = bench(SMALL)
    one.backup()
    one.connections["dataops_decryption"] = one.connections["escrow"]
    report = restore(one.platform, one.database.name, target=scratch(), say=one.said.append, verify=True)
    assert {check.verdict for check in report.checks} == {"passed"}


def test_backing_up_needs_no_key_that_could_read(bench: Any) -> None:
    one = bench(SMALL)
    del one.connections["dataops_decryption"]
    one.backup()
    assert len(one.published()) == 1


def test_a_store_that_answers_503_and_cuts_connections_is_tried_again(
    bench: Any, through_proxy: Any, faulty: Any
) -> None:
    one = through_proxy(bench(SMALL))
    faults = iter([503, "reset", 500, "mute", 503])
    faulty.decide = lambda method, path: next(faults, None) if "/pieces/" in path else None
    one.backup()
    assert next(faults, None) is None
    assert len(one.published()) == 1


@pytest.mark.parametrize(("fault", "words"), [(503, "gave up after"), (507, "no room left")])
def test_a_store_that_stays_broken_fails_the_backup_and_nothing_counts(
    bench: Any, through_proxy: Any, faulty: Any, fault: int, words: str
) -> None:
    one = through_proxy(bench(SMALL))
    hasty = ObjectStore.from_connection(
        one.connections["dataops_store"], one.platform.store.bucket, patience=1
    )
    one.platform.__dict__["store"] = hasty
    faulty.decide = lambda method, path: fault if method == "PUT" and "/pieces/" in path else None
    with pytest.raises(DataOpsError, match=words) as caught:
        one.take()
    assert caught.value.exit_code == 1
    assert one.published() == []
    assert one.keys(one.folder + "2") == []
    assert one.leftovers() == []
