"""pgBackRest's words, as version 2.45 printed them, and what we make of each."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from dataops.backup.physical import errors, pieces, verification
from dataops.backup.physical.copying import fit_type
from dataops.backup.physical.engine import version_numbers
from dataops.backup.physical.expiry import removable
from dataops.backup.physical.explaining import explained
from dataops.backup.physical.information import BackupInfo, parse
from dataops.process import ProgramFailed

LABEL = "20261123-145254F"
WAL = "15-1/0000000100000000/000000010000000000000005"
DAMAGED = f"""\
2026-11-23 14:56:24.042 P01   INFO: invalid checksum '{LABEL}/pg_data/base/1/2655.zst'
2026-11-23 14:56:38.919 P02   INFO: invalid result {WAL}-ba3f.zst: [29] \
raised from local-2 protocol: zst error: [-70] Destination buffer is too small
                                    [FormatError] on retry after 0ms
stanza: plant
status: error
  archiveId: 15-1, total WAL checked: 7, total valid WAL: 6
    missing: 0, checksum invalid: 0, size invalid: 0, other: 1
  backup: {LABEL}, status: invalid, total files checked: 965, total valid files: 964
    missing: 0, checksum invalid: 1, size invalid: 0, other: 0
"""
SOUND = f"""\
stanza: plant
status: ok
  archiveId: 15-1, total WAL checked: 7, total valid WAL: 7
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: {LABEL}, status: valid, total files checked: 965, total valid files: 965
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
"""


def test_verify_of_a_sound_repository() -> None:
    found = verification.parse(SOUND)
    assert found is not None
    assert not found.fault_of(LABEL) and not found.others and not found.bad_wal


def test_verify_of_a_damaged_repository_names_every_file() -> None:
    found = verification.parse(DAMAGED)
    assert found is not None
    assert found.fault_of(LABEL) == f"{LABEL} is invalid: {LABEL}/pg_data/base/1/2655.zst"
    assert found.bad_wal == ["000000010000000000000005"]
    assert found.wal_valid < found.wal_checked


def test_verify_that_says_nothing_of_a_backup_does_not_pass_it() -> None:
    found = verification.parse(SOUND)
    assert found is not None and "says nothing" in found.fault_of("20270101-000000F")
    assert verification.parse("") is None


MANIFEST = f"""\
[backup]
backup-bundle=true
backup-label="{LABEL}D"

[backup:option]
option-compress-type="zst"

[target:file]
pg_data/PG_VERSION={{"bni":1,"bno":112,"checksum":"58","repo-size":32,"size":3,"timestamp":1795445553}}
pg_data/a={{"b"}}={{"bni":1,"bno":0,"checksum":"58","repo-size":112,"size":300,"timestamp":1795445553}}
pg_data/base/1/big={{"checksum":"58","reference":"{LABEL}","repo-size":900,"size":8000,"timestamp":1}}
pg_data/empty={{"size":0,"timestamp":1795445553}}
pg_data/backup_label={{"checksum":"1e","repo-size":208,"size":250,"timestamp":1}}

[target:file:default]
user="postgres"
"""


def test_a_manifest_says_which_objects_there_must_be() -> None:
    assert pieces.parse(MANIFEST.splitlines(), f"{LABEL}D").sizes == {
        f"{LABEL}D/bundle/1": 144,
        f"{LABEL}/pg_data/base/1/big.zst": 900,
        f"{LABEL}D/pg_data/backup_label.zst": 208,
    }


def test_an_object_cut_short_or_gone_is_a_fault() -> None:
    wanted = pieces.Expected({"F/bundle/1": 10, "D/bundle/1": 20, "D/x.zst": 5})
    assert pieces.faults(wanted, {"F/bundle/1": 15, "D/bundle/1": 20, "D/x.zst": 5}, "D") == []
    found = pieces.faults(wanted, {"F/bundle/1": 9, "D/bundle/1": 21}, "D")
    assert [fault.split()[0] for fault in found] == ["D/bundle/1", "D/x.zst", "F/bundle/1"]


@pytest.mark.parametrize(
    ("words", "leaf"),
    [
        ("ERROR: [095]: unable to load\n CryptoError: cipher header invalid", errors.WrongPassphrase),
        (
            "WARN: [CryptoError] unable to find hostname 'db' in certificate",
            errors.HostUntrusted,
        ),
        ("ERROR: [082]: WAL segment 000000010000000000000009 was not archived before the 60000ms timeout",
         errors.ArchivingBroken),
        ("ERROR: [050]: unable to acquire lock on file '/x/plant.lock'", errors.AlreadyRunning),
        ("ERROR: [056]: unable to find primary cluster - cannot proceed", errors.HostUnreachable),
        ("WARN: unable to check pg1: [LockAcquireError] raised from remote-0 tls protocol on 'localhost': "
         "unable to acquire lock on file '/x/plant-backup.lock'\n"
         "ERROR: [056]: unable to find primary cluster - cannot proceed", errors.AlreadyRunning),
        ("WARN: unable to check pg1: [LockAcquireError] raised from remote-0 tls protocol on 'localhost': "
         "unable to acquire lock on file '/x/plant-backup.lock': Permission denied\n"
         "ERROR: [056]: unable to find primary cluster - cannot proceed", errors.RightsMissing),
        ("ERROR: [031]: something that nobody foresaw", errors.PgBackRestFailed),
    ],
)  # fmt: skip
def test_each_error_has_its_sentence(words: str, leaf: type[Exception]) -> None:
    error = explained(ProgramFailed("pgbackrest", 1, words), "pgBackRest check")
    assert type(error) is leaf and str(error).startswith("pgBackRest check: ")


def info(label: str, *, prior: str | None = None, days: int = 3, **more: object) -> BackupInfo:
    kind = {"F": "full", "D": "diff", "I": "incr"}[label[-1]]
    stop = int((NOW - timedelta(days=days)).timestamp())
    return BackupInfo.model_validate({
        "label": label,
        "type": kind,
        "prior": prior,
        "reference": [prior] if prior else None,
        "timestamp": {"start": stop - 5, "stop": stop},
        "database": {"id": 1, "repo-key": 1},
        **more,
    })


NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_a_diff_builds_only_on_a_full_that_was_published() -> None:
    assert fit_type("diff", [], set())[0] == "full"
    assert fit_type("diff", [info("1F")], {"1F"}) == ("diff", "")
    assert fit_type("diff", [info("1F"), info("2F")], {"1F"})[0] == "full"
    assert fit_type("incr", [info("1F"), info("1F_2I", prior="1F")], {"1F"})[0] == "full"
    assert fit_type("full", [], set()) == ("full", "")


def test_expiry_never_takes_a_base_before_what_builds_on_it() -> None:
    chain = [info("1F"), info("1F_2D", prior="1F"), info("3F")]
    assert removable(chain, {"3F"}, "1F", NOW) == ["1F_2D", "1F"]
    assert removable(chain, {"3F", "1F_2D"}, "1F", NOW) == []


def test_a_copy_that_may_still_be_verified_is_no_leftover() -> None:
    assert removable([info("1F", days=0), info("2F", days=0)], set(), "2F", NOW) == ["2F"]


def test_info_with_fields_of_a_newer_version_and_without_the_stanza() -> None:
    text = json.dumps([{"name": "plant", "status": {"code": 0, "new": 1}, "backup": [], "later": {}}])
    assert parse(text, "plant").exists_in(1)
    assert not parse("[]", "plant").exists_in(1)
    with pytest.raises(errors.PgBackRestFailed, match="cannot be read"):
        parse("no json", "plant")


def test_a_repository_that_cannot_be_read_is_not_an_empty_one() -> None:
    broken = [{"name": "plant", "status": {"code": 99, "message": "[CryptoError] nope"}}]
    with pytest.raises(errors.PgBackRestFailed, match="nope"):
        parse(json.dumps(broken), "plant").exists_in(1)


def test_versions() -> None:
    assert version_numbers("pgBackRest 2.53.1") == (2, 53, 1)
    assert version_numbers("pgBackRest 2.45") < (2, 46)
