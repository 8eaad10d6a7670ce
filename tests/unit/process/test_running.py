"""Programs that end well, badly, late or never."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dataops.errors import ConfigurationError
from dataops.process import (
    DeadlineExceeded,
    ProgramFailed,
    ProgramMissing,
    Running,
    SecretInArguments,
    find_program,
    run,
    start,
    version_of,
)
from dataops.process.orphans import tethered

ENV = {"PATH": os.environ["PATH"]}


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in {
            "Z",
            "X",
        }
    except OSError:
        return False


def test_a_program_answers_with_its_output_and_figures() -> None:
    finished = run(["sh", "-c", "cat; echo oops >&2"], env=ENV, input="grüezi\n")
    assert finished.stdout == "grüezi\n"
    assert finished.stderr_tail == "oops\n"
    assert finished.returncode == 0
    assert finished.argv0 == "sh"


def test_lines_are_told_while_the_program_still_runs(tmp_path: Path) -> None:
    seen = threading.Event()
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with start(["sh", "-c", f"echo first; cat {gate}"], env=ENV, on_line=lambda line: seen.set()) as running:
        assert seen.wait(20)
        assert running.poll() is None
        gate.write_text("second\n")
        assert running.wait(20).stdout == "first\nsecond\n"


def test_only_the_given_environment_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAK", "yes")
    given = ENV | {"GIVEN": "here"}
    assert dict(line.split("=", 1) for line in run(["env"], env=given).stdout.splitlines()) == given


def test_a_failure_shows_the_last_words_and_its_code() -> None:
    with pytest.raises(
        ProgramFailed, match=r"sh failed with exit code 7: line 70\n(.*\n)+line 99$"
    ) as caught:
        run(["sh", "-c", "for i in $(seq 50 99); do echo line $i >&2; done; exit 7"], env=ENV)
    assert caught.value.returncode == 7


def test_an_unchecked_failure_is_returned() -> None:
    assert run(["sh", "-c", "kill -9 $$"], env=ENV, check=False).returncode == -signal.SIGKILL


def test_a_missing_program_and_folder_are_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match="no-such-program is not installed here"):
        run(["no-such-program"], env=ENV)
    forbidden = tmp_path / "forbidden"
    forbidden.write_text("#!/bin/sh\n")
    with pytest.raises(ProgramMissing, match="forbidden cannot be run: nobody may execute it"):
        run([forbidden], env=ENV)
    with pytest.raises(ConfigurationError, match=r"folder .* does not exist"):
        run(["true"], env=ENV, cwd=tmp_path / "absent")
    with pytest.raises(ConfigurationError, match="no user 'no-such-user'"):
        run(["true"], env=ENV, user="no-such-user")


def test_a_deadline_ends_the_whole_group_even_when_it_ignores_sigterm(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f"trap '' TERM; sleep 300 & echo $! $$ > {pids}; sleep 300"
    with pytest.raises(DeadlineExceeded, match="sh was still running after 1 s"):
        run(["sh", "-c", script], env=ENV, deadline=1)
    until(lambda: not any(runs(int(pid)) for pid in pids.read_text(encoding="utf-8").split()))


def test_a_paused_group_is_stopped_and_can_still_be_ended() -> None:
    with start(["sleep", "300"], env=ENV) as running:
        running.pause()
        until(lambda: Path(f"/proc/{running.pid}/stat").read_text(encoding="utf-8").split()[2] == "T")
        running.resume()
        until(lambda: Path(f"/proc/{running.pid}/stat").read_text(encoding="utf-8").split()[2] == "S")
        running.pause()
    assert running.poll() == -signal.SIGTERM


def test_a_starting_thread_that_ends_takes_nothing_with_it(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    started: list[Running] = []
    thread = threading.Thread(target=lambda: started.append(start(["cat", gate], env=ENV)))
    thread.start()
    thread.join()
    with started[0], gate.open("r+b", buffering=0) as door:  # "r+" waits for no reader
        door.write(b"still here\n")
        until(lambda: "still here\n" in started[0]._stdout)


@pytest.mark.parametrize("paused", [False, True])
def test_a_killed_parent_leaves_no_process_of_the_group(tmp_path: Path, paused: bool) -> None:
    pids = tmp_path / "pids"
    program = f"""
import os, signal, time
from dataops.process import start

def tell(line):
    if {paused}:
        os.killpg(int(line.split()[1]), signal.SIGSTOP)
    print(line, flush=True)

start(["sh", "-c", "sleep 300 & echo $! $$; sleep 300"], env={ENV!r}, on_line=tell)
time.sleep(300)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env=ENV | {"PYTHONPATH": "plugins"},
    )
    assert parent.stdout is not None
    pids.write_bytes(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    until(lambda: not any(runs(int(pid)) for pid in pids.read_text(encoding="utf-8").split()))


def test_a_parent_that_is_gone_before_the_signal_is_armed_starts_nothing(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    *words, _ = tethered(["true"])
    words[words.index(str(os.getpid()))] = "1"  # as the shell finds it when its parent has died
    assert subprocess.run([*words, "touch", str(begun)], check=False).returncode == 1
    assert not begun.exists()
    assert subprocess.run([*tethered(["touch"]), str(begun)], check=False).returncode == 0
    assert begun.exists()


def test_an_end_that_nobody_saw_is_a_failure() -> None:
    program = f"""
import signal
from dataops.process import run
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps, nobody learns the exit code
print(run(["true"], env={ENV!r}, deadline=20, check=False).returncode)
"""
    answer = run([sys.executable, "-c", program], env=ENV | {"PYTHONPATH": "plugins"}, deadline=60)
    assert answer.stdout == "255\n"


def test_secrets_are_refused_as_arguments_and_redacted_from_output() -> None:
    with pytest.raises(SecretInArguments, match="Argument 1 of echo") as caught:
        run(["echo", "password=hunter22"], env=ENV, secrets=["hunter22"])
    assert "hunter22" not in str(caught.value)
    with pytest.raises(SecretInArguments):
        run(["echo", "hunter22"], env=ENV | {"PGPASSWORD": "hunter22"})
    lines: list[str] = []
    with pytest.raises(ProgramFailed) as failed:
        run(
            ["sh", "-c", "echo $PGPASSWORD; echo bad $PGPASSWORD >&2; exit 1"],
            env=ENV | {"PGPASSWORD": "hunter22", "PGPASSFILE": "/tmp/pgpass"},
            on_line=lines.append,
        )
    assert sorted(lines) == ["***", "bad ***"]
    assert "hunter22" not in str(failed.value)


def test_a_secret_of_several_lines_is_redacted_from_each() -> None:
    key = "-----BEGIN KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END KEY-----\n"
    finished = run(["sh", "-c", 'echo "$DB_SECRET"'], env=ENV | {"DB_SECRET": key})
    assert "MIGHAgEAMBMGByqGSM49" not in finished.stdout
    assert "***" in finished.stdout


def test_a_program_runs_as_another_user_where_we_are_root() -> None:
    if os.geteuid() == 0:
        assert run(["id", "-un"], env=ENV, user="nobody").stdout == "nobody\n"
    else:
        with pytest.raises(ConfigurationError, match="Only root"):
            run(["id", "-un"], env=ENV, user="nobody")


def test_what_the_callback_raises_ends_the_program() -> None:
    def refuse(line: str) -> None:
        raise ValueError(f"cannot read {line}")

    with pytest.raises(ValueError, match="cannot read nonsense"):
        run(["sh", "-c", "echo nonsense; sleep 300"], env=ENV, deadline=20, on_line=refuse)


def test_peak_memory_is_the_programs_own_and_not_ours() -> None:
    ballast = bytearray(120_000_000)
    small = run(["sleep", "0.1"], env=ENV)
    # It keeps its memory for longer than the time between two looks at it.
    program = "import time; x = bytearray(400_000_000); x[::4096] = b'1' * len(x[::4096]); time.sleep(1)"
    big = run([sys.executable, "-c", program], env=ENV)
    assert 0 < small.peak_memory < len(ballast)
    assert big.peak_memory > 380_000_000


def test_output_can_go_to_a_file(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        run(["printf", "\\001\\377"], env=ENV, stdout=out)
    assert (tmp_path / "out").read_bytes() == b"\x01\xff"


def test_programs_are_found_by_their_major_version() -> None:
    found = find_program("pg_dump", 15)
    assert "(PostgreSQL) 15" in version_of(found)
    assert version_of("pgbackrest").startswith("pgBackRest ")
    with pytest.raises(ProgramMissing, match="postgresql-client-99"):
        find_program("pg_dump", 99)
