"""A restore refuses what would do harm, says its steps, and sees what is not as it was."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from dataops.backup.restore import restore
from dataops.backup.restore.download import Damaged
from dataops.backup.restore.target import TargetRefused
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Verdict

SMALL = "CREATE TABLE t AS SELECT i, md5(i::text) AS v FROM generate_series(1, 1000) AS i"


def restored(one: Any, target: str, **options: Any) -> Any:
    return restore(one.platform, one.database.name, target=target, say=one.said.append, **options)


def red(report: Any) -> list[str]:
    return [f"{check.name}: {check.reason}" for check in report.checks if check.verdict is not Verdict.PASSED]


@pytest.fixture
def backed_up(bench: Any) -> Any:
    one = bench(SMALL)
    one.backup()
    return one


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("CREATE TABLE mine (i int)", r"relation public\.mine"),
        ("CREATE SCHEMA mine", "schema mine"),
        ("SELECT lo_create(4712)", "large object 4712"),
        ("CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", r"function public\.mine\(\)"),
        ('CREATE COLLATION mine FROM "C"', r"collation public\.mine"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC", "default privileges of postgres"),
        ("CREATE FOREIGN DATA WRAPPER mine", "foreign data wrapper mine"),
        (
            "CREATE TEXT SEARCH CONFIGURATION mine (COPY = simple)",
            r"text search configuration public\.mine",
        ),
        ("CREATE CAST (text AS bit) WITH INOUT", "cast from text to bit"),
        ("CREATE TYPE mine AS ENUM ('a')", r"type public\.mine"),
    ],
)
def test_a_target_that_holds_something_is_refused(
    backed_up: Any, primary: Any, content: str, named: str
) -> None:
    dbname = primary.create_database("full", content)
    with pytest.raises(TargetRefused, match=f"is not empty: it holds {named}") as caught:
        restored(backed_up, primary.dsn(dbname))
    assert caught.value.exit_code == 2


def test_the_database_itself_is_refused_even_when_it_is_empty(bench: Any, primary: Any) -> None:
    one = bench("")
    one.backup()
    with pytest.raises(TargetRefused, match="itself, which the backup is of"):
        restored(one, primary.dsn(one.database.dbname))


def test_a_dry_run_says_the_steps_and_changes_nothing(backed_up: Any, primary: Any, scratch: Any) -> None:
    target = scratch()
    backed_up.said.clear()
    report = restored(backed_up, target, dry_run=True, verify=True)
    assert report.checks == ()
    assert [line[:2] for line in backed_up.said] == ["1.", "2.", "3.", "4.", "5."]
    names = [name for (name,) in primary.execute("SELECT datname FROM pg_database")]
    assert target.rpartition("/")[2] not in names


def test_an_empty_database_is_filled_from_the_replica_alone_and_is_heard_of(
    backed_up: Any, primary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataops.backup.restore.progress.TELL_EVERY", 0)
    backed_up.store.delete(backed_up.keys())
    dbname = primary.create_database("empty", template="template0")
    assert red(restored(backed_up, primary.dsn(dbname), from_replica=True, verify=True)) == []
    assert any(re.match(r"Downloaded: .* MB of .* MB, 100%", line) for line in backed_up.said)
    assert "Filling: 1 table of 1 table, 100%" in backed_up.said


def test_a_damaged_object_is_named_before_the_target_is_touched(
    backed_up: Any, primary: Any, scratch: Any
) -> None:
    key = next(key for key in backed_up.keys("backups/") if "/pieces/bundle" in key)
    body = backed_up.store.get(key)
    backed_up.store.put(key, body[:-1] + bytes([body[-1] ^ 1]))
    target = scratch()
    with pytest.raises(DataOpsError, match=r"decrypted|other bytes than were backed up"):
        restored(backed_up, target)
    assert target.rpartition("/")[2] not in [n for (n,) in primary.execute("SELECT datname FROM pg_database")]
    assert backed_up.leftovers() == []


def test_an_object_of_another_backup_in_its_place_is_seen(bench: Any, scratch: Any) -> None:
    one = bench(SMALL)
    one.backup()
    one.backup()
    first, second = (key for key in one.keys("backups/") if "/pieces/bundle" in key)
    one.store.put(second, one.store.get(first))  # decrypts well, and is not what the manifest lists
    with pytest.raises(Damaged, match="other bytes than were backed up"):
        restored(one, scratch())


def test_what_changed_after_the_restore_began_is_seen_by_verify(
    backed_up: Any, primary: Any, scratch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataops.backup.restore import logical

    collect = logical.collect

    def tampered(connection: Any, **options: Any) -> Any:
        primary.execute("UPDATE t SET v = 'x' WHERE i = 1; CREATE INDEX ON t (i)", dbname=options["dbname"])
        return collect(connection, **options)

    monkeypatch.setattr(logical, "collect", tampered)
    (failure,) = red(restored(backed_up, scratch(), verify=True))
    assert failure.startswith("the restored database equals the manifest: 2 in all")


@pytest.fixture
def other_server(start_primary: Any) -> Any:
    return start_primary("other")


@pytest.fixture
def lent_role(primary: Any) -> str:
    """A role that no other test and no other server knows."""
    role = f"lent_{secrets.token_hex(3)}"
    primary.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT pg_monitor TO {role}")
    return role


def test_roles_that_the_target_lacks_are_red_or_made(bench: Any, other_server: Any, lent_role: str) -> None:
    one = bench(f"CREATE TABLE t AS SELECT 1 AS i; ALTER TABLE t OWNER TO {lent_role}")
    one.backup()
    failures = red(restored(one, other_server.dsn("without_roles")))
    assert any(f'role "{lent_role}" does not exist' in failure for failure in failures)
    assert any("lacks the roles" in line and lent_role in line for line in one.said)
    report = restored(one, other_server.dsn("with_roles"), with_roles=True, verify=True)
    assert red(report) == []
    memberships = (
        "SELECT count(*) FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.member "
        f"WHERE r.rolname = '{lent_role}' AND pg_has_role('{lent_role}', 'pg_monitor', 'MEMBER')"
    )
    assert other_server.execute(memberships) == [(1,)]
