"""What is generated from the models is committed as they are now, and says what the loader does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dataops.kafka.files.loading import check, cluster_names
from dataops.kafka.files.schema import generated, schema_of
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
INCLUDE, DOCS = ROOT / "include", ROOT / "docs"
KINDS = {"cluster": "kafka-cluster", "topics": "kafka-topics", "kafka": "kafka-policy"}
FILES = sorted((INCLUDE / "kafka").rglob("*.yaml"))


@pytest.mark.parametrize("path", generated(INCLUDE, DOCS), ids=lambda path: path.name)
def test_the_committed_file_is_what_the_models_generate(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated(INCLUDE, DOCS)[path], (
        "run `dataops inventory schema`"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(INCLUDE)))
def test_each_file_names_its_schema_first_and_fits_it(path: Path) -> None:
    kind = KINDS["cluster" if path.name == "cluster.yaml" else path.parent.name]
    text = path.read_text(encoding="utf-8")
    named = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == INCLUDE / "schemas" / f"{kind}.schema.json"
    Draft202012Validator(schema_of(kind)).validate(yaml.safe_load(text))


@pytest.mark.parametrize("name", cluster_names(INCLUDE))
def test_the_repositorys_own_clusters_are_valid(name: str) -> None:
    report = check(INCLUDE, name)
    assert (report.problems, report.warnings) == ((), ())


@pytest.mark.parametrize(
    ("topic", "valid"),
    [
        (None, True),
        ({"configs": {"retention.ms": "7d", "cleanup.policy": ["compact"], "preallocate": True}}, True),
        ({"acls": [{"principal": "User:a", "operations": "read"}]}, True),
        ({"acls": [{"principal": "User:a", "operations": ["read", "write"]}]}, True),
        ({"acls": [{"principal": "User:a", "operations": "cluster_action"}]}, False),
        ({"acls": [{"principal": "a", "operations": "read"}]}, False),
        ({"partitons": 3}, False),
        ({"partitions": 0}, False),
        ({"state": "gone"}, False),
        ({"configs": {"compression.type": "zip"}}, False),
        ({"configs": {"retention.ms": -2}}, False),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(topic: dict[str, Any] | None, valid: bool) -> None:
    schema = Draft202012Validator(schema_of("kafka-topics"))
    assert schema.is_valid({"team": "flights", "topics": {"flights.a": topic}}) is valid


def test_every_field_that_a_file_can_have_is_in_the_reference() -> None:
    text = (DOCS / "kafka-files.md").read_text(encoding="utf-8")
    for kind in ("kafka-cluster", "kafka-topics", "kafka-policy"):
        schema = schema_of(kind)
        for part in (schema, *schema["$defs"].values()):
            assert part["description"] in text
            for key, field in part["properties"].items():
                assert f"| `{key}` |" in text
                assert field["description"] in text
