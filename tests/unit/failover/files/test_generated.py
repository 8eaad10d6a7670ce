"""Schema and guide are committed as the model gives them now; the repository's own scenarios fit them."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
import yaml
from dataops.failover.files.loading import load
from dataops.failover.files.reference import FAULTS
from dataops.failover.files.schema import generated, schema
from dataops.failover.planning.course import OF_FAULT
from dataops.failover.scenario import FaultName
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[4]
FILES = sorted((ROOT / "include" / "failover").glob("*.yaml"))


@pytest.mark.parametrize("path", generated(ROOT / "include", ROOT / "docs"), ids=lambda path: path.name)
def test_the_committed_file_is_what_the_model_generates(path: Path) -> None:
    text = generated(ROOT / "include", ROOT / "docs")[path]
    assert path.read_text(encoding="utf-8") == text, "run `dataops inventory schema`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_names_its_schema_first_and_fits_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../schemas/scenario.schema.json"
    Draft202012Validator(schema()).validate(yaml.safe_load(text))


def test_the_repositorys_own_scenarios_are_valid() -> None:
    found = load(ROOT / "include")
    assert found.invalid == ()
    assert [each.name for each in found.scenarios] == [path.stem for path in FILES]
    assert {"tabletop", "switchover", "crash", "partition", "region_loss"} == {
        each.mode for each in found.scenarios
    }


def test_every_fault_is_told_and_has_its_way() -> None:
    assert set(get_args(FaultName)) == set(FAULTS) == set(OF_FAULT)
    guide = (ROOT / "docs" / "failover-scenarios.md").read_text(encoding="utf-8")
    assert all(f"| `{fault}` |" in guide for fault in FAULTS)


@pytest.mark.parametrize(
    "wrong", [{"faul": "kill"}, {"mode": "crashed"}, {"load": {"rate": 0}}, {"stop": {"lease": "5"}}]
)
def test_the_schema_refuses_what_the_loader_refuses(wrong: dict[str, object]) -> None:
    good = {"scenario": "crash", "database": "shop", "mode": "crash"}
    assert Draft202012Validator(schema()).is_valid(good)
    assert not Draft202012Validator(schema()).is_valid({**good, **wrong})
