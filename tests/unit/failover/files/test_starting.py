"""What `dataops new scenario` writes is valid, and nothing is ever overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dataops.failover.files.loading import load
from dataops.failover.files.starting import CannotStart, new_scenario
from dataops.inventory import load as load_inventory

if TYPE_CHECKING:
    from tests.unit.failover.files.conftest import Include


def test_the_only_database_that_may_be_failed_over_is_meant(include: Include) -> None:
    path = new_scenario(include.root, load_inventory(include.root), "shop_tabletop")
    found = load(include.root, "prod")
    assert [(each.name, each.database, each.mode) for each in found.scenarios] == [
        ("shop_tabletop", "shop", "tabletop")
    ]
    assert path.read_text().startswith("# yaml-language-server: $schema=../schemas/scenario.schema.json\n")
    examples = [line[2:] for line in path.read_text().splitlines() if line.startswith("# ")][2:]
    path.write_text(path.read_text() + "\n".join(examples) + "\n")
    assert load(include.root, "prod").invalid == ()


def test_among_several_it_must_be_said_which(include: Include) -> None:
    include.write("databases/bills.yaml", "database: bills\nserver: main\nowner: dba\n")
    inventory = load_inventory(include.root)
    with pytest.raises(CannotStart, match="by --database: bills, shop"):
        new_scenario(include.root, inventory, "crash")
    assert new_scenario(include.root, inventory, "crash", database="bills", mode="crash").exists()


@pytest.mark.parametrize("name", ["Crash", "a__b", "", "../a"])
def test_a_bad_name_writes_nothing(include: Include, name: str) -> None:
    with pytest.raises(CannotStart, match="cannot be a name"):
        new_scenario(include.root, load_inventory(include.root), name)
    assert not (include.root / "failover").exists()


def test_nothing_is_overwritten(include: Include) -> None:
    include.scenario("crash")
    with pytest.raises(CannotStart, match="exists already"):
        new_scenario(include.root, load_inventory(include.root), "crash")


def test_what_would_be_invalid_is_not_left_behind(include: Include) -> None:
    with pytest.raises(CannotStart, match=r"Nothing was written\. database: 'shp' is no database"):
        new_scenario(include.root, load_inventory(include.root), "crash", database="shp")
    assert not (include.root / "failover" / "crash.yaml").exists()
