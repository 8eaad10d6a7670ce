"""What holds a secret does not tell it when it is printed, as a traceback or a log may."""

from __future__ import annotations

from pathlib import Path

from dataops.backup.logical.globals import Globals
from dataops.backup.physical.engine import PgBackRest

CANARY = "canary-51b7"


def test_the_environment_of_pgbackrest_is_not_printed() -> None:
    engine = PgBackRest(Path("/usr/bin/pgbackrest"), Path("/x.conf"), "plant", (), {"PASS": CANARY})
    assert CANARY not in f"{engine!r}{engine}"


def test_password_hashes_are_not_printed() -> None:
    assert CANARY not in repr(Globals(CANARY.encode(), with_passwords=True))
