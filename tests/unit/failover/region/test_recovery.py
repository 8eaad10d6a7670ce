"""What a lost region's recovery came to: time without service, and whether all of the archive was used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from dataops.backup.catalog import folder
from dataops.backup.manifest.header import Header, PgBackRest
from dataops.backup.physical.wal import Segment
from dataops.backup.restore.own_copy import own_copies, own_copy
from dataops.backup.restore.point import NoSuchPoint
from dataops.evidence.verdict import Artifact, Verdict
from dataops.failover.canary.ledger import Ledger
from dataops.failover.canary.write import Outcome, Write
from dataops.failover.region.copies import Reach
from dataops.failover.region.recovery import (
    region_check,
    replayed_check,
    service_check,
    without_service,
)

ID = "20261128T120000Z-abcdef"
SIZE = 1 << 20


def header(replica: str | None = "20261128-120500F") -> Header:
    moment = datetime(2026, 11, 28, 12, tzinfo=UTC)
    copied = PgBackRest(label="20261128-120000F", type="full", stanza="main", replica=replica)
    return Header.model_validate({
        **{"backup_id": ID, "subject": "main", "kind": "server", "method": "physical"},
        **{"environment": "test", "server": "main", "consistency": "exact at LSN"},
        **{"started": moment, "finished": moment, "snapshot_at": moment},
        "encryption": {"scheme": "pgbackrest"},
        "pgbackrest": copied,
        "objects": (
            Artifact(key=folder("main", ID) + "details/shop.json.zst", size=1, sha256="0" * 64),
            Artifact(key="backups/main/repository/backup/main/x", size=1, sha256="0" * 64),
        ),
    })


def write(session: int, n: int, sent: float, *, acknowledged: bool = True) -> Write:
    outcome = Outcome.ACKNOWLEDGED if acknowledged else Outcome.FAILED
    return Write(session, n, outcome, sent, sent + 0.01, "")


def ledger(*writes: Write) -> Ledger:
    sessions = {each.session: tuple(w for w in writes if w.session == each.session) for each in writes}
    return Ledger("run", sessions, (), {}, ended=True)


def test_service_is_missed_from_the_last_acknowledgement_of_the_session_that_waited_longest() -> None:
    told = ledger(write(1, 1, 9.0), write(1, 2, 9.9), write(1, 3, 10.5, acknowledged=False), write(2, 1, 9.5))
    assert without_service(told, fault=10.0, restored=14.0) == pytest.approx(14.0 - 9.51)


def test_what_was_acknowledged_after_the_fault_does_not_shorten_it() -> None:
    told = ledger(write(1, 1, 9.0), write(1, 2, 10.2))
    assert without_service(told, fault=10.0, restored=14.0) == pytest.approx(14.0 - 9.01)


def test_a_session_that_was_never_acknowledged_leaves_it_unknown() -> None:
    told = ledger(write(1, 1, 9.0), write(2, 1, 9.0, acknowledged=False))
    assert without_service(told, fault=10.0, restored=14.0) is None
    assert service_check(None, timedelta(seconds=5)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("rto", "verdict"), [(4.9, Verdict.PASSED), (5.1, Verdict.FAILED)])
def test_the_time_without_service_is_held_against_the_objective(rto: float, verdict: Verdict) -> None:
    assert service_check(rto, timedelta(seconds=5)).verdict is verdict


@pytest.mark.parametrize(
    ("log", "verdict"),
    [
        (["LOG: redo done at 0/2E076A8 system usage: …"], Verdict.PASSED),
        (["LOG: redo done at 0/2DFFFF0"], Verdict.PASSED),
        (["LOG: redo done at 0/2CFFFF0"], Verdict.FAILED),
        (["LOG: database system is ready"], Verdict.INCONCLUSIVE),
    ],
)
def test_recovery_must_have_read_the_archive_to_its_end(log: list[str], verdict: Verdict) -> None:
    reach = Reach(header(), Segment(1, 0x2E), None)
    assert replayed_check(log, reach, SIZE).verdict is verdict


def test_an_archive_without_wal_proves_nothing() -> None:
    assert replayed_check([], Reach(header(), None, None), SIZE).verdict is Verdict.INCONCLUSIVE


def test_a_restore_that_knew_the_lost_bucket_is_no_proof() -> None:
    assert region_check(["copies"], "copies", "ours").verdict is Verdict.PASSED
    assert region_check(["copies", "ours"], "copies", "ours").verdict is Verdict.FAILED


def test_a_backup_is_known_in_the_other_region_by_its_copys_own_label() -> None:
    copy = own_copy(header())
    assert copy.pgbackrest is not None
    assert (copy.pgbackrest.label, copy.pgbackrest.replica) == ("20261128-120500F", None)
    assert [each.key for each in copy.objects] == [folder("main", ID) + "details/shop.json.zst"]


def test_a_backup_without_a_copy_is_not_there() -> None:
    from dataops.backup.catalog import Backup

    with pytest.raises(NoSuchPoint, match="no copy in the replica"):
        own_copy(header(replica=None))
    assert [each.backup_id for each in own_copies([Backup(header(None)), Backup(header())])] == [ID]
