"""A standby is held still for its manifest, and goes on whatever happens to the one who asked."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context

import pytest
from dataops.backup.physical import resume_if_abandoned
from dataops.backup.physical.errors import StandbyNotFrozen
from dataops.backup.physical.frozen import frozen
from dataops.connections import Connection

from sandbox.deadline import wait_until
from tests.integration.plant import Site

PAUSED = "SELECT pg_is_wal_replay_paused()"


def test_it_stands_still_while_the_primary_writes_and_then_goes_on(site: Site) -> None:
    with frozen(
        site.standby.connection, behind="0/0", at=datetime.now(UTC), longest=timedelta(minutes=1)
    ) as held:
        site.primary.execute("CREATE TABLE IF NOT EXISTS written (n int); INSERT INTO written VALUES (1)")
        assert site.standby.execute(PAUSED) == [(True,)]
        held.confirm()
    assert not site.standby.execute(PAUSED)[0][0]
    assert wait_until(
        lambda: site.standby.execute("SELECT to_regclass('written') IS NOT NULL")[0][0], seconds=20
    )


def hold_until_killed(connection: Connection) -> None:
    with frozen(connection, behind="0/0", at=datetime.now(UTC), longest=timedelta(minutes=5)):
        signal.pause()


def test_a_worker_that_is_killed_leaves_no_paused_standby(site: Site) -> None:
    worker = get_context("spawn").Process(
        target=hold_until_killed, args=(site.standby.connection,), daemon=True
    )
    worker.start()
    assert wait_until(lambda: bool(site.standby.execute(PAUSED)[0][0]), seconds=20)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(10)
    assert wait_until(lambda: not site.standby.execute(PAUSED)[0][0], seconds=20)


def test_a_manifest_that_takes_too_long_is_not_called_exact(site: Site) -> None:
    """The server itself ends the pause at its time, and then the reader must notice."""
    with frozen(
        site.standby.connection, behind="0/0", at=datetime.now(UTC), longest=timedelta(seconds=0.5)
    ) as held:
        assert wait_until(lambda: not site.standby.execute(PAUSED)[0][0], seconds=20)
        with pytest.raises(StandbyNotFrozen, match="moved on"):
            held.confirm()


def test_a_standby_that_somebody_else_paused_is_left_alone(site: Site) -> None:
    site.standby.execute("SELECT pg_wal_replay_pause()")
    try:
        with (
            pytest.raises(StandbyNotFrozen, match="Somebody else"),
            frozen(site.standby.connection, behind="0/0", at=datetime.now(UTC), longest=timedelta(minutes=1)),
        ):
            pass
        assert site.standby.execute(PAUSED) == [(True,)]
    finally:
        site.standby.execute("SELECT pg_wal_replay_resume()")


def test_the_sweep_resumes_what_nobody_holds_and_nothing_else(site: Site) -> None:
    said: list[str] = []
    site.standby.execute("SELECT pg_wal_replay_pause()")
    assert resume_if_abandoned(site.platform(), site.server(), said.append)
    assert site.standby.execute(PAUSED) == [(False,)] and "plant_standby" in said[0]
    with frozen(site.standby.connection, behind="0/0", at=datetime.now(UTC), longest=timedelta(minutes=1)):
        assert not resume_if_abandoned(site.platform(), site.server(), said.append)
        assert site.standby.execute(PAUSED) == [(True,)]


def test_a_standby_that_lags_is_not_waited_for_for_ever(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataops.backup.physical import frozen as module

    monkeypatch.setattr(module, "CATCHING_UP", 0.3)
    with (
        pytest.raises(StandbyNotFrozen, match="had not replayed FF/0"),
        frozen(site.standby.connection, behind="FF/0", at=datetime.now(UTC), longest=timedelta(minutes=1)),
    ):
        pass
