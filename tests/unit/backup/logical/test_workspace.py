"""A run's directory goes with it; that of a dead run goes with the next, a living one's stays."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from dataops.backup.logical.workspace import PREFIX, remove_leftovers, workspace

HOLDER = """
import sys, subprocess
from pathlib import Path
from dataops.backup.logical.workspace import workspace
with workspace(Path(sys.argv[1])) as folder:
    (folder / "1.dat").write_text("x")
    writer = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(folder)])
    print(folder.name, writer.pid, flush=True)
    sys.stdin.read()
"""


def test_the_directory_is_private_and_goes_with_the_block(tmp_path: Path) -> None:
    with workspace(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "sub").mkdir()
        (folder / "sub" / "1.dat").write_text("x")
        assert remove_leftovers(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed_with_its_writers(tmp_path: Path) -> None:
    plugins = Path(__file__).parents[4] / "plugins"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(plugins)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        name, writer = run.stdout.readline().split()
        assert remove_leftovers(tmp_path) == ()
        ended = os.pidfd_open(int(writer))
        run.send_signal(signal.SIGKILL)
    assert remove_leftovers(tmp_path) == (name,)
    assert not list(tmp_path.glob(f"{PREFIX}*"))
    assert select.select([ended], [], [], 20)[0] == [ended]
    os.close(ended)
