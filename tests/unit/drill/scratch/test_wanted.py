"""What a manifest asks of a scratch server, and what this machine answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from dataops.backup.manifest.details import Definition, Details, Moment
from dataops.backup.manifest.header import Consistency, Encryption, Header
from dataops.drill.scratch import installed
from dataops.drill.scratch.memory import settings
from dataops.drill.scratch.wanted import Locale, Wanted, wanted_of
from dataops.errors import InconclusiveError

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def header(**fields: Any) -> Header:
    values: dict[str, Any] = {
        "backup_id": "20261125T120000Z-abcdef",
        "subject": "shop",
        "kind": "database",
        "method": "logical",
        "environment": "test",
        "server": "main",
        "started": NOW,
        "finished": NOW,
        "snapshot_at": NOW,
        "consistency": Consistency.EXACT_SNAPSHOT,
        "server_version": "15.18 (Debian 15.18-0+deb12u1)",
        "encryption": Encryption(scheme="off"),
    }
    return Header(**{**values, **fields})


def details(*definitions: Definition) -> Details:
    moment = Moment(
        snapshot_at=NOW,
        lsn="0/1",
        timeline=1,
        system_identifier="1",
        in_recovery=False,
        server_version="15.18",
        dbname="shop",
        encoding="UTF8",
        collation="de_DE.UTF-8",
        database_bytes=1,
    )
    return Details(moment=moment, content="full", algorithm="1", definitions=definitions)


def test_locale_extensions_libraries_and_what_reaches_out_are_read_from_the_manifest() -> None:
    part = details(
        Definition(
            "database", "database", {"encoding": "LATIN1", "collate": "C", "ctype": "de_DE", "provider": "c"}
        ),
        Definition("extension", "pg_cron", {"version": "1.6"}),
        Definition("extension", '"uuid-ossp"', {"version": "1.1"}),
        Definition("extension", "dblink", {"version": "1.2"}),
        Definition("foreign server", "home", {}),
        Definition("table", "public.t", {}),
    )
    wanted = wanted_of(header(), {"shop": part, "gone": None})
    assert wanted.major == 15
    assert wanted.locales == {"shop": Locale("LATIN1", "C", "de_DE", "c")}
    assert wanted.extensions["uuid-ossp"] == {"1.1"}
    assert wanted.preload == ("pg_cron",)
    assert wanted.outward == ("extension dblink of shop", "foreign server home of shop")


def test_without_a_definition_of_the_database_its_moment_tells() -> None:
    assert wanted_of(header(), {"shop": details()}).locales["shop"] == Locale(
        "UTF8", "de_DE.UTF-8", "de_DE.UTF-8"
    )


def test_what_this_machine_lacks_makes_a_drill_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "locales", lambda: frozenset({"C.utf8"}))
    locale = Locale("UTF8", "xx_XX.UTF-8", "C.UTF-8")
    wanted = Wanted(15, {"shop": locale}, {"nowhere": frozenset({"1"}), "plpgsql": frozenset({"0.9"})}, ())
    found = " ".join(installed.lacks(wanted, exact_extensions=True))
    assert "locale xx_XX.UTF-8 of database shop" in found
    assert "extension nowhere is not installed" in found
    assert "extension plpgsql is installed in version 1.0, the backup has 0.9" in found
    assert "plpgsql" not in " ".join(installed.lacks(wanted, exact_extensions=False))
    with pytest.raises(InconclusiveError, match="cannot match the backup's server"):
        installed.insist_on_match(wanted, exact_extensions=True)


def test_a_major_version_that_is_not_installed_is_named() -> None:
    (found,) = installed.lacks(Wanted(99, {}, {}, ()), exact_extensions=True)
    assert "PostgreSQL 99" in found
    assert "postgresql-99" in found


def test_a_library_that_is_not_installed_is_named() -> None:
    assert list(installed.lacking_libraries(("pg_stat_statements", "$libdir/auto_explain"), 15)) == []
    (found,) = installed.lacking_libraries(("nowhere",), 15)
    assert "The library nowhere" in found


def test_memory_is_shared_with_the_programs_beside_the_server() -> None:
    small, large = settings(1 << 30, 2), settings(1 << 40, 2)
    assert small["shared_buffers"] == "128MB"
    assert large["shared_buffers"] == "1024MB"
    assert large["maintenance_work_mem"] == "512MB"
