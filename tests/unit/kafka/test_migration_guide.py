"""docs/kafka-migration.md shows a command that runs, and names fields that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dataops.cli import main
from dataops.kafka.files.schema import MODELS, schema_of

from tests.unit.kafka.test_topicctl import CLUSTER, TOPICS

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "kafka-migration.md").read_text()


def fields() -> set[str]:
    found = {"<name>", "read", "write", "describe", "any", "cross_rack", "prefixed", "group"}
    for kind in MODELS:
        schema = schema_of(kind)
        for part in (schema, *schema.get("$defs", {}).values()):
            found |= set(part.get("properties", {}))
    return found


def test_the_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("cluster.yaml", CLUSTER), ("topics/all.yaml", TOPICS)):
        path = tmp_path / "topicctl" / "stage" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATAOPS_INCLUDE", str(tmp_path / "include"))
    command = re.search(r"```sh\ndataops (.+)\n```", GUIDE)
    assert command
    assert main(command[1].split()) == 0
    assert (tmp_path / "include/kafka/local-cluster/topics/shop.yaml").exists()


def test_every_field_that_the_tables_lead_to_exists() -> None:
    rows = re.findall(r"^\| .+ \| (.+) \|$", GUIDE, re.MULTILINE)
    cells = [cell for row in rows if "here" not in row for cell in re.findall(r"`([^`]+)`", row)]
    words = {word for cell in cells for word in re.findall(r"[a-z_]{3,}|<name>", cell.split(": connect")[0])}
    assert len(words) > 15
    assert words - fields() - {"retention", "true", "connect"} == set()
