"""RTO and RPO are held against their objectives, and the heartbeat tells how much a disaster would lose."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dataops.backup import catalog
from dataops.backup.physical import write_heartbeat
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.choosing import choose
from dataops.drill.measuring import Measured, measure
from dataops.drill.restored import Phases, RestoredServer
from dataops.evidence import publish as publish_evidence
from dataops.evidence.record import Record
from dataops.evidence.verdict import Check, Figure, Verdict

from tests.integration.backup.published import database, header, platform, prove, publish, server

if TYPE_CHECKING:
    from dataops.drill.point import Point

    from tests.conftest import ObjectStoreServer
    from tests.integration.drill.points.conftest import Plant

PASSED = (Check(name="row counts", verdict=Verdict.PASSED, seconds=1.5),)
HOUR = timedelta(hours=1)


@pytest.fixture
def orders(object_store_server: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Job:
    """A drill of ``orders``, which promises an RPO of one day and an RTO of one minute."""
    monkeypatch.setenv("DATAOPS_BUCKET", object_store_server.bucket())
    monkeypatch.setenv("DATAOPS_SPOOL", str(tmp_path))
    monkeypatch.delenv("DATAOPS_REPLICA_BUCKET", raising=False)
    connections = {"dataops_store": object_store_server.connection("dataops_store")}
    promised = database(objectives={"rto": "1m", "rpo": "1d"}, schedule="hourly")
    made = platform(connections, servers=(server(),), databases=(promised,))
    return Job(made, made.inventory.subject("orders"), lambda line: None)


def restored(point: Point, job: Job, **phases: float) -> RestoredServer:
    """A restored server as ``measure`` sees it: nothing is asked of it."""
    physical = point.header.pgbackrest is not None
    return RestoredServer(
        drill_id="one",
        point=point,
        header=point.header,
        method="physical" if physical else "logical",
        connection=Connection(id="none", type="postgres"),
        major=15,
        keys=None,  # type: ignore[arg-type]
        settings=job.subject.drill,
        phases=Phases(**{"restore": 10.0, "start": 2.0, **phases}),
        dbnames=(),
        expectations={},
    )


def check(measured: Measured, name: str) -> Check:
    return next(each for each in measured.checks if each.name == name)


def figures(measured: Measured) -> dict[str, Any]:
    return {figure.name: (figure.value, figure.unit) for figure in measured.figures}


def test_a_drill_within_its_objectives_passes_with_every_phase_as_a_figure(orders: Job):
    publish(orders.platform.store, header(age=2 * HOUR))
    found = measure(orders, restored(choose(orders, "latest"), orders, analyze=3.0), PASSED)
    assert {each.verdict for each in found.checks} == {Verdict.PASSED}, found.checks
    seen = figures(found)
    assert seen["rto"] == (15.0, "seconds") and seen["analyze"] == (3.0, "seconds")
    assert 2 * 3600 <= seen["rpo"][0] < 2 * 3600 + 600
    assert seen["backups proven"] == (100.0, "%")


def test_a_restore_slower_than_promised_fails_with_both_figures(orders: Job):
    publish(orders.platform.store, header())
    rto = check(
        measure(orders, restored(choose(orders, "latest"), orders, restore=70.0), PASSED),
        "RTO within objective",
    )
    assert rto.verdict is Verdict.FAILED
    assert rto.expected == "at most 1 min" and str(rto.observed).startswith("1 min 12 s (restore 1 min 10 s")


def test_a_restore_that_nobody_timed_is_inconclusive(orders: Job):
    publish(orders.platform.store, header())
    found = measure(orders, restored(choose(orders, "latest"), orders, restore=0.0, start=0.0), PASSED)
    assert check(found, "RTO within objective").verdict is Verdict.INCONCLUSIVE


def test_a_newest_backup_older_than_promised_fails(orders: Job):
    publish(orders.platform.store, header(age=30 * HOUR))
    rpo = check(measure(orders, restored(choose(orders, "latest"), orders), PASSED), "RPO within objective")
    assert rpo.verdict is Verdict.FAILED
    assert rpo.expected == "at most 1 d" and str(rpo.observed).startswith("1 d 6 h")


def test_the_age_of_an_older_point_is_told_and_not_judged(orders: Job):
    publish(orders.platform.store, header(age=50 * HOUR))
    publish(orders.platform.store, header())
    found = measure(orders, restored(choose(orders, "oldest"), orders), PASSED)
    assert check(found, "RPO within objective").verdict is Verdict.NOT_APPLICABLE
    assert "age of the point" in figures(found) and "rpo" not in figures(found)
    assert figures(found)["backups proven"] == (50.0, "%")


def test_a_damaged_manifest_makes_the_drill_of_another_red(orders: Job):
    publish(orders.platform.store, header())
    broken = publish(orders.platform.store, header(age=9 * HOUR))
    orders.platform.store.put(catalog.manifest_key("orders", broken), b"{")
    found = check(
        measure(orders, restored(choose(orders, "latest"), orders), PASSED), "every manifest is readable"
    )
    assert found.verdict is Verdict.FAILED and broken in str(found.observed)


def test_the_trend_reads_the_evidence_of_earlier_drills(orders: Job):
    publish(orders.platform.store, header())
    point, now = choose(orders, "latest"), datetime.now(UTC)
    for night in range(6):
        at = now - timedelta(days=6 - night)
        publish_evidence(
            orders.platform.store,
            Record(
                capability="restore_drill",
                subject="orders",
                environment="sandbox",
                verdict=Verdict.PASSED,
                reason="",
                started=at,
                finished=at,
                checks=PASSED,
                figures=(Figure(name="rto", value=10.0 + 5 * night, unit="seconds"),),
                details={"point": point.to_json()},
            ),
        )
    found = measure(orders, restored(point, orders, restore=38.0), PASSED).details["trend"]
    assert isinstance(found, dict) and found["runs"] == 7
    assert found["breaks_on"] == (now + timedelta(days=4)).date().isoformat()


def test_a_store_that_fails_at_the_end_is_inconclusive_and_takes_no_line_away(
    orders: Job, monkeypatch: pytest.MonkeyPatch
):
    publish(orders.platform.store, header())
    server = restored(choose(orders, "latest"), orders)
    monkeypatch.setenv("DATAOPS_BUCKET", "no-such-bucket")
    away = replace(orders, platform=replace(orders.platform))
    found = measure(away, server, PASSED)
    assert check(found, "measuring").verdict is Verdict.INCONCLUSIVE
    assert check(found, "RTO within objective").verdict is Verdict.PASSED


def test_the_heartbeat_is_the_last_commit_of_an_idle_server(plant: Plant) -> None:
    plant.site.primary.execute("DROP ROLE IF EXISTS pulse; CREATE ROLE pulse LOGIN PASSWORD 'pulse'")
    humble = replace(plant.site.connections["plant_primary"], login="pulse", password="pulse")
    before = datetime.now(UTC)
    seen = write_heartbeat(plant.site.platform(plant.server, plant_primary=humble), plant.server)
    assert seen is not None and seen.well
    plant.archive()
    point = choose(plant.drill(), "latest")
    assert point.kind == "end of archive" and point.boundary is not None
    assert point.boundary.before is not None and point.boundary.before.at >= before
    assert point.boundary.after is None and point.boundary.no_after
    found = measure(plant.drill(), restored(point, plant.drill()), PASSED)
    assert check(found, "RPO within objective").verdict is Verdict.PASSED
    assert figures(found)["rpo"][0] < 600
    assert figures(found)["window"][0] > 0 and figures(found)["window proven"][0] > 0
    assert {each.verdict for each in found.checks} == {Verdict.PASSED}, found.checks


def test_a_heartbeat_that_is_switched_off_writes_nothing(plant: Plant) -> None:
    silent = plant.site.server(standby=None, wal_archive={"heartbeat": False})
    where = "SELECT pg_current_wal_insert_lsn()"
    before = plant.site.primary.execute(where)
    assert write_heartbeat(plant.site.platform(silent), silent) is None
    assert plant.site.primary.execute(where) == before


def test_a_gap_in_the_archive_makes_every_drill_red(plant: Plant) -> None:
    lost = plant.archive_after_a_commit()
    plant.archive_after_a_commit()
    key = next(key for key in plant.site.keys("backups/plant/repository/archive/") if lost in key)
    with plant.site.damaged(key, None):
        point = choose(plant.drill(), "oldest")
        found = measure(plant.drill(), restored(point, plant.drill()), PASSED)
    gap = check(found, "WAL without a gap since the oldest backup")
    assert gap.verdict is Verdict.FAILED and gap.observed == [lost]


def test_moments_of_the_window_are_drawn_and_proven(plant: Plant) -> None:
    drawn = [choose(plant.drill(), "random", dice=random.Random(seed)) for seed in (3, 4)]
    assert len({point.at for point in drawn}) == 2
    newest = catalog.backups(plant.platform.store, "plant")[0]
    prove(plant.platform.store, "plant", newest.backup_id)
    found = measure(plant.drill(), restored(choose(plant.drill(), "latest"), plant.drill()), PASSED)
    assert 0 < figures(found)["window proven"][0] <= 100
