"""A file is complete when no process of the group has it open, and not before."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dataops.backup.logical.dump_files import DumpFiles

WRITER = """
import os, sys
if os.fork() == 0:
    child = open("by-a-child.dat", "w")
    child.write("x" * 10000); child.flush()
    sys.stdin.read(); os._exit(0)
done = open("done.dat", "w"); done.write("x"); done.close()
writing = open("writing.dat", "w"); writing.write("x"); writing.flush()
while not os.path.exists("by-a-child.dat") or os.path.getsize("by-a-child.dat") < 10000: pass
print("ready", flush=True)
sys.stdin.read()
"""


def test_files_of_a_running_group_and_of_one_that_ended(tmp_path: Path) -> None:
    with subprocess.Popen(
        ["python3", "-c", WRITER],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        files = DumpFiles(tmp_path.resolve())
        running = {file.path.name: file for file in files.look(writer.pid)}
        assert {name: file.complete for name, file in running.items()} == {
            "by-a-child.dat": False,
            "done.dat": True,
            "writing.dat": False,
        }
        assert running["by-a-child.dat"].size == 10000
        assert writer.stdin is not None
        writer.stdin.close()
    assert all(file.complete for file in files.look(None))


def test_a_folder_that_is_not_there_yet_holds_nothing(tmp_path: Path) -> None:
    assert DumpFiles(tmp_path / "later").look(os.getpid()) == []
