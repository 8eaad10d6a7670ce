"""Which databases keep literals, and what a ledger names after one of them has stopped to."""

from __future__ import annotations

from datetime import UTC, datetime

from dataops.inventory import Database, Inventory, Server
from dataops.performance.logs.collecting import keeping_literals
from dataops.performance.logs.ledger import Ledger, Piece

SINCE, UNTIL = datetime(2026, 11, 27, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC)


def database(name: str, server: str = "main", **more: object) -> Database:
    return Database.model_validate({"database": name, "server": server, "owner": "dba", **more})


def test_only_the_reports_that_say_so_keep_literals() -> None:
    servers = tuple(
        Server(name=name, environment="test", connection=name, owner="dba") for name in ("main", "other")
    )
    keep = {"literals": "keep"}
    databases = (
        database("shop", dbname="Shop", report=keep),
        database("silent"),
        database("strict", report={"literals": "strip"}),
        database("unreported", report={**keep, "enabled": False}),
        database("gone", report=keep, retired="2026-01-01"),
        database("elsewhere", "other", report=keep),
    )
    assert keeping_literals(Inventory(servers, databases), servers[0]) == {"Shop"}


def test_a_ledger_names_only_calls_of_databases_that_still_allow_them() -> None:
    piece = Piece(key="counts", since=SINCE, until=UNTIL, calls={"shop": "of shop", "ledger": "of ledger"})
    before = Ledger(pieces=(piece, Piece(key="", since=SINCE, until=UNTIL)))

    after = before.with_calls_of({"shop"})

    assert before.keys == {"counts", "of shop", "of ledger"}
    assert after.keys == {"counts", "of shop"}
    assert after.with_calls_of(()).keys == {"counts"}
    assert before.with_calls_of({"shop", "ledger"}) == before


def test_a_ledger_from_before_there_were_calls_is_read() -> None:
    told = '{"positions":[],"pieces":[{"key":"counts","since":"%s","until":"%s","notes":[]}],"failed":""}'
    assert Ledger.model_validate_json(told % (SINCE.isoformat(), UNTIL.isoformat())).keys == {"counts"}
