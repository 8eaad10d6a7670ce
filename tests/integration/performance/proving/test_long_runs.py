"""Long runs: a database that is proven on a backup of its server, statements with bigger plans."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataops.evidence.verdict import Verdict, overall
from dataops.inventory import Database, Inventory
from dataops.performance.proving import prove_on_scratch
from dataops.performance.proving.executor import Sessions
from dataops.performance.proving.measuring import Pace
from dataops.performance.proving.trial import Trial

from tests.integration.performance.proving.conftest import SHOP, on
from tests.integration.performance.proving.test_restored import FINDINGS
from tests.integration.plant import back_up

torture = pytest.mark.skipif(not os.environ.get("DATAOPS_TORTURE"), reason="a long run: make torture")


@torture
@pytest.mark.torture
@pytest.mark.parametrize(
    ("statement", "keys"),
    [
        (
            "SELECT o.id FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.customer_id = $1",
            "customer_id",
        ),
        ("SELECT * FROM orders WHERE placed_at BETWEEN $1 AND $2", "placed_at"),
    ],
)
def test_longer_statements_are_tried_too(both: Sessions, statement: str, keys: str) -> None:
    proof = Trial(both, "a test").of(on(keys, statement)).proof
    assert proof is not None
    assert proof.helps is True, proof.sentence


@torture
@pytest.mark.torture
@pytest.mark.parametrize(
    ("statement", "keys", "helps"),
    [
        ("SELECT * FROM orders WHERE customer_id = $1", "customer_id", True),
        ("SELECT count(*) FROM orders WHERE upper(state) <> $1", "state", False),
        ("SELECT sum(customer_id) FROM orders WHERE state <> $1", "state", False),
        ("SELECT sum(customer_id) FROM orders WHERE id > 0 AND customer_id >= 0", "customer_id", False),
    ],
)
def test_ten_trials_agree(both: Sessions, statement: str, keys: str, helps: bool) -> None:
    trial = Trial(both, "a test", Pace(runs=2, enough=0.1))
    proofs = [trial.of(on(keys, statement)).proof for _ in range(10)]
    assert [each.helps for each in proofs if each] == [helps] * 10


@torture
@pytest.mark.torture
def test_advice_is_tried_on_a_backup_of_the_server(site: Any, server_folder: Path) -> None:
    dbname = site.primary.create_database("shop", SHOP)
    taken = back_up(site)
    platform = site.platform()
    database = Database(name=dbname, server="plant", owner="tests", environment="test")
    platform = replace(platform, inventory=Inventory(platform.inventory.servers, (database,)))
    work_dir = server_folder / "physical-proof"
    work_dir.mkdir(mode=0o711)
    said: list[str] = []
    proven = prove_on_scratch(
        platform,
        database,
        FINDINGS,
        say=said.append,
        options={"work_dir": str(work_dir)},
        pace=Pace(runs=1, enough=0.1, limit=10),
    )
    assert overall(proven.checks) is Verdict.PASSED, proven.checks
    assert (proven.helping, proven.withdrawn) == (2, 1)
    assert proven.details["backup_id"] == taken.backup_id
    assert list(work_dir.iterdir()) == []
