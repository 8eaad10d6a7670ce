"""The commands of docs/restore-by-hand.md restore a backup, without any of our code."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import differences

from sandbox.object_store import REGION

PAGE = Path(__file__).parents[4] / "docs" / "restore-by-hand.md"


def commands(section: str) -> list[str]:
    """The shell blocks of one section of the page."""
    text = PAGE.read_text(encoding="utf-8").partition(f"## {section}")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "fields",
    [{}, {"encryption": "off", "content": "rotate", "compression": "none"}],
    ids=["encrypted", "in clear, partly hashed"],
)
def test_a_database_is_restored_by_the_page_alone(
    bench: Any,
    primary: Any,
    object_store_server: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, Any],
) -> None:
    monkeypatch.setattr("dataops.backup.logical.pieces.SMALL", 100_000)
    monkeypatch.setattr("dataops.backup.logical.pieces.PIECE_BYTES", 150_000)
    one = bench(**fields)
    one.backup()
    assert any(".part-0002" in key for key in one.keys(one.folder))
    folder = tmp_path / "by-hand"
    folder.mkdir()
    admin = object_store_server.admin
    (folder / "s3.conf").write_text(
        f'user = "{admin.access_key}:{admin.secret_key}"\ncacert = "{object_store_server.ca_file}"\n',
        encoding="utf-8",
    )
    (folder / "identity").write_text(one.connections["escrow"].password, encoding="utf-8")
    restored = f"by_hand_{secrets.token_hex(4)}"
    values = {
        "S3": object_store_server.endpoint,
        "REGION": REGION,
        "BUCKET": one.store.bucket,
        "SUBJECT": one.database.name,
        "IDENTITY": str(folder / "identity"),
        "TARGET": primary.dsn("").rstrip("/"),
        "DATABASE": restored,
    }
    own, *blocks = commands("A database")
    assert set(re.findall(r"^([A-Z0-9]+)=", own, re.MULTILINE)) == set(values)

    done = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", "\n".join(blocks)],
        cwd=folder,
        env={**os.environ, **values},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert one.published()[0].backup_id in done.stdout
    keys = one.platform.keys
    expected = collect(primary.connection, dbname=one.database.dbname, keys=keys)
    observed = collect(primary.connection, dbname=restored, keys=keys)
    assert [each for each in differences(expected, observed) if each.kind != "database"] == []
