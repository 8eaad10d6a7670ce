"""A drill that could not be carried out says nothing of its backup; a damaged backup is a failure."""

from __future__ import annotations

import pytest
from dataops.backup.physical.errors import BackupDamaged, HostUnreachable
from dataops.backup.restore.download import Damaged
from dataops.drill.troubles import told_apart
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.steps import broken
from dataops.evidence.verdict import Verdict
from dataops.store import DecryptionFailed, LeaseLost, ObjectDamaged, ObjectMissing, StoreError, StoreRefused

from tests.unit.evidence.samples import START


def verdict_of(error: DataOpsError) -> tuple[Verdict, int]:
    with pytest.raises(DataOpsError, match="what happened") as caught, told_apart():
        raise error
    return broken("drill", START, caught.value).checks[0].verdict, caught.value.exit_code


@pytest.mark.parametrize("error", [Damaged, BackupDamaged, ObjectMissing, ObjectDamaged, DecryptionFailed])
def test_a_backup_that_cannot_be_restored_has_failed(error: type[DataOpsError]) -> None:
    assert verdict_of(error("what happened")) == (Verdict.FAILED, 1)


@pytest.mark.parametrize("error", [StoreError, LeaseLost, HostUnreachable])
def test_trouble_around_the_drill_is_inconclusive(error: type[DataOpsError]) -> None:
    assert verdict_of(error("what happened")) == (Verdict.INCONCLUSIVE, 3)


@pytest.mark.parametrize("error", [ConfigurationError, StoreRefused])
def test_what_a_person_must_correct_is_inconclusive_and_a_wrong_configuration(
    error: type[DataOpsError],
) -> None:
    assert verdict_of(error("what happened")) == (Verdict.INCONCLUSIVE, 2)
