"""What the watch says of the inventory before it asks any server or store."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataops.backup.watch import checks
from dataops.evidence.verdict import Verdict
from dataops.inventory import load
from dataops.platform import Platform


@pytest.mark.parametrize(
    ("environment", "verdict"), [("production", Verdict.PASSED), ("producton", Verdict.FAILED)]
)
def test_an_environment_that_no_file_names_is_not_watched_in_silence(
    tmp_path: Path, environment: str, verdict: Verdict
) -> None:
    (tmp_path / "servers").mkdir()
    text = "server: main\nenvironment: production\nconnection: main\nowner: team\n"
    (tmp_path / "servers" / "main.yaml").write_text(text)
    first = next(iter(checks(Platform(environment, load(tmp_path, environment)))))
    assert (first.name, first.verdict) == ("inventory: every file is valid", verdict)
