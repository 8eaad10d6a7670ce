"""The script that looks for a server's processes tells nothing where it cannot look."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dataops.failover.hosts import ssh


def looked(data: Path, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    script = ["/bin/sh", "-c", ssh._PROCESSES, "sh", str(data)]
    return subprocess.run(script, env={"PATH": path}, cwd="/", capture_output=True, text=True, check=False)


def test_a_process_in_the_folder_is_seen_with_its_command_line(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "61"], cwd=tmp_path) as sleeper:
        seen = looked(tmp_path)
        sleeper.kill()
    assert seen.returncode == 0
    assert f"{sleeper.pid} (sleep) " in seen.stdout
    assert f"/proc/{sleeper.pid}/cmdline:sleep 61" in seen.stdout


def test_an_empty_folder_has_no_process_but_the_one_that_looks(tmp_path: Path) -> None:
    seen = looked(tmp_path)
    assert seen.returncode == 0
    stats = seen.stdout.partition("\n\n")[0].splitlines()
    assert [line.split()[1] for line in stats] == ["(sh)"]
    assert ssh.of_postgresql(ssh._parsed(seen.stdout)) == ()


def test_where_find_finds_nothing_nothing_is_said_to_be_dead(tmp_path: Path) -> None:
    poor = tmp_path / "bin"
    poor.mkdir()
    for name in ("readlink", "id", "stat", "grep", "tr"):
        (poor / name).symlink_to(f"/usr/bin/{name}")
    (poor / "find").write_text("#!/bin/sh\nexit 0\n")
    (poor / "find").chmod(0o755)
    seen = looked(tmp_path, str(poor))
    assert seen.returncode == 5
    assert "nobody can tell what runs" in seen.stderr
