"""Another server, another database, other libraries, a log that complains: each is told by its own check."""

from __future__ import annotations

from dataclasses import replace

from dataops.evidence.verdict import Verdict

from tests.integration.drill.checks.conftest import Shop, restored_server, run

COLLATION = {("database collation version", "database"): ("version", "153.120")}


def test_another_server_than_the_backups(shop: Shop) -> None:
    right = restored_server(shop.server, shop.copy(), shop.changed(COLLATION), method="physical")
    other = right.header.model_copy(
        update={"system_identifier": "7", "timeline": 9, "server_version": "14.2"}
    )
    ran = run(
        replace(
            right,
            header=other,
            expectations={**right.expectations, "gone": None},
            restore_log=("pg_restore: error: could not execute query",),
            server_log=lambda: ("LOG:  server process (PID 7) was terminated by signal 11",),
        )
    )
    assert set(ran.failed) == {
        "server identity",
        "databases",
        "restore log",
        "server log",
        "collation versions",
    }, ran.explain()
    observed = str(ran.check("server identity").observed)
    assert all(word in observed for word in ("PostgreSQL 14.2", "another server", "older than")), observed
    assert "gone is missing" in ran.check("databases").reason


def test_another_database_than_the_backups(shop: Shop) -> None:
    """After a logical restore another collation version leaves open only how queries sort."""
    manifest = shop.changed({**COLLATION, ("extension", "citext"): ("version", "1.0")})
    moment = manifest.moment.model_copy(update={"encoding": "LATIN1"})
    ran = shop.drilled(manifest=manifest.model_copy(update={"moment": moment}))
    assert set(ran.failed) == {"identity", "extensions"}, ran.explain()
    assert ran.check("collation versions").verdict is Verdict.INCONCLUSIVE
