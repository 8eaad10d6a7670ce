"""What could not run is inconclusive: out of time, without rights, without extension, without server."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from dataops.backup.manifest.errors import NotComparable
from dataops.drill.checks import work
from dataops.drill.checks.looking import Look
from dataops.drill.restored import RestoredServer
from dataops.evidence.verdict import Verdict
from dataops.inventory import Drill

from sandbox import processes
from tests.conftest import DatabaseServer
from tests.integration.drill.checks.conftest import (
    ROLES,
    SHOP,
    Shop,
    describe,
    restored_server,
    run,
    trusting,
)

HARMLESS = {"restore log", "server log", "server identity", "isolation"}
"""Looked at before the server is gone, or without asking it."""

SLEEPY = """
CREATE FUNCTION sleepy(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('application_name') LIKE '%drill check' THEN PERFORM pg_sleep(60); END IF;
    RETURN n;
END $$;
CREATE TABLE lazy (id int);
INSERT INTO lazy VALUES (1), (2);
CREATE UNIQUE INDEX lazy_key ON lazy (sleepy(id));
"""


def test_a_check_that_takes_too_long(shop: Shop) -> None:
    """It ends with its time, and the others are not touched by it."""
    name = shop.server.create_database("restored", SLEEPY)
    details = describe(shop.server, name)
    settings = Drill(check_timeout=timedelta(seconds=1))
    ran = run(restored_server(shop.server, name, details, settings=settings))
    assert ran.red == ["unique keys"], ran.explain()
    unique = ran.check("unique keys")
    assert unique.verdict is Verdict.INCONCLUSIVE
    assert "lazy_key" in unique.reason and "longer than 1 s" in unique.reason


def test_without_rights_nothing_is_passed_that_needs_them(shop: Shop) -> None:
    restored = restored_server(shop.server, shop.copy(), shop.details)
    ran = run(replace(restored, connection=replace(restored.connection, login="anna")))
    for name in ("full read", "row counts", "content hashes", "large objects", "definitions"):
        assert ran.check(name).verdict is Verdict.INCONCLUSIVE, ran.explain()
    assert not ran.failed, ran.explain()


def test_an_extension_that_is_not_installed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is inconclusive, and says what would let it run."""
    helper = Look.helper
    monkeypatch.setattr(Look, "helper", lambda look, name: helper(look, f"{name}_of_nobody"))
    ran = shop.drilled(method="physical")
    assert set(ran.red) == {"heap pages", "visibility maps", "btree indexes", "page checksums"}, ran.explain()
    assert not ran.failed
    assert "amcheck_of_nobody is not installed" in ran.check("btree indexes").reason


def test_rows_that_nobody_could_read_are_not_compared(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(*of: object) -> None:
        raise NotComparable("no reason at all")

    monkeypatch.setattr("dataops.drill.checks.full_read.content_statements", unable)
    ran = shop.drilled()
    assert set(ran.red) == {"full read", "row counts", "content hashes"}, ran.explain()
    assert not ran.failed


def test_a_server_that_somebody_else_restored_is_not_written_on(shop: Shop) -> None:
    name = shop.copy()
    known = shop.server.connection  # with a password, so that nobody else is let in without one
    ran = run(
        restored_server(shop.server, name, shop.details, method="physical", ours=False, connection=known)
    )
    for check_ in ("btree indexes", "heap pages", "visibility maps", "page checksums", "other indexes"):
        assert ran.check(check_).verdict is Verdict.INCONCLUSIVE, ran.explain()
    assert ran.check("logins").verdict is Verdict.NOT_APPLICABLE
    assert ran.check("attempts").verdict is Verdict.PASSED, ran.explain()
    assert "CREATE EXTENSION amcheck" in ran.check("btree indexes").reason
    assert describe(shop.server, name).definitions == describe(shop.server, shop.dbname).definitions


@pytest.fixture(scope="module")
def mortal(start_primary: Callable[..., DatabaseServer]) -> RestoredServer:
    """A restored server that may be ended."""
    server = start_primary("mortal", {"max_logical_replication_workers": "0"})
    trusting(server)
    server.execute(ROLES)
    dbname = server.create_database("shop", SHOP)
    return restored_server(server, dbname, describe(server, dbname), data_directory=server.cluster.data)


def _send(restored: RestoredServer, number: signal.Signals) -> None:
    assert restored.data_directory is not None
    for pid in processes.in_folder(restored.data_directory):
        os.kill(pid, number)


def test_a_server_that_hangs(mortal: RestoredServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing answers, not even to a cancel request: the drill ends all the same, and nothing is passed."""
    monkeypatch.setattr(work, "GRACE", 0.2)
    patient = replace(mortal.connection, extra={"connect_timeout": "2"})
    settings = Drill(check_timeout=timedelta(seconds=1))

    def log() -> list[str]:
        _send(mortal, signal.SIGSTOP)
        return ["LOG:  database system is ready to accept connections"]

    try:
        ran = run(replace(mortal, connection=patient, settings=settings, server_log=log))
    finally:
        _send(mortal, signal.SIGCONT)
    passed = {each.name for each in ran.outcome.checks if each.verdict is Verdict.PASSED}
    assert passed <= HARMLESS, ran.explain()
    assert not ran.failed, ran.explain()


def test_a_server_that_dies(mortal: RestoredServer) -> None:
    """Killed while it is checked: whatever was still to be looked at is inconclusive."""

    def log() -> list[str]:
        _send(mortal, signal.SIGKILL)
        return ["LOG:  database system is ready to accept connections"]

    ran = run(replace(mortal, server_log=log))
    passed = {each.name for each in ran.outcome.checks if each.verdict is Verdict.PASSED}
    assert passed <= HARMLESS, ran.explain()
    assert not ran.failed, ran.explain()
    assert "died" in ran.check("full read").reason
