"""The commands of docs/restore-server-by-hand.md restore a server, without any of our code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import os_user
from sandbox.object_store import REGION
from sandbox.ports import free_port
from sandbox.postgresql import programs
from tests.integration.plant import Run, Site

PAGE = Path(__file__).parents[4] / "docs" / "restore-server-by-hand.md"


@pytest.fixture
def folder(server_folder: Path) -> Iterator[Path]:
    made = os_user.own_folder(server_folder / "by-hand")
    yield made
    stop = [programs() / "pg_ctl", "stop", "-m", "immediate", "-D", made / "restored"]
    subprocess.run(stop, check=False, capture_output=True, cwd="/", **os_user.switch())
    shutil.rmtree(made, ignore_errors=True)


def test_a_server_is_restored_by_the_page_alone(site: Site, full: Run, folder: Path) -> None:
    own, *blocks = re.findall(
        r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    authority = os_user.own_file(folder / "ca.crt", site.store.ca_file.read_text())
    login = site.store.admin
    os_user.own_file(
        folder / "s3.conf", f'user = "{login.access_key}:{login.secret_key}"\ncacert = "{authority}"\n'
    )
    target = os_user.own_folder(folder / "restored")
    values = {
        "S3_HOST": "localhost",
        "S3_PORT": str(site.store.server.ports["s3_https"]),
        "REGION": REGION,
        "BUCKET": site.bucket,
        "SERVER": "plant",
        "IDENTITY": str(os_user.own_file(folder / "identity", site.identity)),
        "TARGET": str(target),
    }
    assert set(re.findall(r"^([A-Z0-9_]+)=", own, re.MULTILINE)) == set(values)
    environment = {
        "PATH": f"{programs()}:{os.environ['PATH']}",
        "PGHOST": str(folder),
        "PGPORT": str(free_port()),
        "PGUSER": "postgres",
        **values,
    }
    done = subprocess.run(
        ["bash", "-e", "-u", "-o", "pipefail", "-c", "umask 077\n" + adapted(blocks, folder, authority)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **os_user.switch(),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "open" in done.stdout
    assert not (folder / "pgbackrest.conf").exists()
    argv = [programs() / "psql", "-XAtc", "SELECT count(*) FROM things WHERE id > 0", "postgres"]
    assert (
        os_user.run(argv, env={name: environment[name] for name in ("PGHOST", "PGPORT", "PGUSER")})
        == "5000\n"
    )


def adapted(blocks: list[str], folder: Path, authority: Path) -> str:
    """What the page says for another S3 than AWS, and what only a second server on the same host needs."""
    script = "\n".join(blocks)
    other = f"repo1-s3-uri-style=path\nrepo1-storage-ca-file={authority}\nlog-level-file=off"
    own = f"port = $PGPORT\nunix_socket_directories = '{folder}'\nlisten_addresses = ''"
    start = "pg_ctl --pgdata"
    assert "log-level-file=off" in script and start in script
    return script.replace("log-level-file=off", other).replace(
        start, f'echo "{own}" >> "$TARGET/postgresql.auto.conf"\n{start}', 1
    )
