"""An environment that no file names is told apart from one without anything to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataops.inventory.environments import environments, unnamed


@pytest.fixture
def include(tmp_path: Path) -> Path:
    for path, environment in (
        ("servers/main.yaml", "production"),
        ("servers/copy.yaml", "staging"),
        ("kafka/events/cluster.yaml", "streams"),
    ):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"owner: team\nenvironment: {environment}\n")
    return tmp_path


def test_servers_and_clusters_name_environments(include: Path) -> None:
    (include / "servers" / "broken.yaml").write_text("{")
    (include / "servers" / "mute.yaml").write_text("environment: 7\n")
    assert environments(include) == ("production", "staging", "streams")
    assert [unnamed(include, each) for each in environments(include)] == ["", "", ""]


def test_a_mistyped_environment_is_told_with_the_nearest(include: Path) -> None:
    assert unnamed(include, "producton").endswith("'producton'. Did you mean production?")
    assert unnamed(include, "x").endswith("They name: production, staging, streams.")


def test_where_no_file_names_one_none_is_wrong(tmp_path: Path) -> None:
    assert environments(tmp_path) == ()
    assert not unnamed(tmp_path, "production")
