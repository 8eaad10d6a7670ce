"""What is generated from the models is committed as they are now, and says what the loader does."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from dataops.inventory import load
from dataops.inventory.schema import generated, schema_of
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "include/servers").glob("*.yaml"), *(ROOT / "include/databases").glob("*.yaml")])


@pytest.mark.parametrize("path", generated(ROOT / "include", ROOT / "docs"), ids=lambda path: path.name)
def test_the_committed_file_is_what_the_models_generate(path: Path) -> None:
    text = generated(ROOT / "include", ROOT / "docs")[path]
    assert path.read_text(encoding="utf-8") == text, "run `dataops inventory schema`"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_names_its_schema_first_and_fits_it(path: Path) -> None:
    kind = {"servers": "server", "databases": "database"}[path.parent.name]
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=../schemas/{kind}.schema.json"
    Draft202012Validator(schema_of(kind)).validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_repositorys_own_inventory_is_valid() -> None:
    inventory = load(ROOT / "include")
    assert (inventory.invalid, inventory.warnings) == ((), ())
    assert {"sandbox", "flights"} <= {subject.name for subject in inventory.subjects}


@pytest.mark.parametrize(
    "wrong",
    [
        {"schedul": "daily"},
        {"jobs": 0},
        {"content": "some"},
        {"max_duration": "2"},
        {"retention": {"minimum": 0}},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(wrong: dict[str, object]) -> None:
    good = {"database": "flights", "server": "main", "owner": "dba"}
    schema = Draft202012Validator(schema_of("database"))
    assert schema.is_valid(good)
    assert not schema.is_valid({**good, **wrong})


def test_the_schema_tells_defaults_as_the_yaml_writes_them() -> None:
    schema = schema_of("database")
    assert schema["properties"]["max_duration"]["default"] == "2h"
    assert "default" not in schema["properties"]["dbname"]
    assert "default" not in schema["$defs"]["Objectives"]["properties"]["rpo"]
