"""A real supervisor: what it starts, what it says of the dead, and what is left when it is killed."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from sandbox import processes
from sandbox.deadline import wait_until
from sandbox.errors import ServiceFailed
from sandbox.home import Home
from sandbox.start import Run
from sandbox.status import status
from sandbox.steps import Step
from sandbox.supervision import MARK, Program, Supervisor

RENAMING = "import setproctitle, time; setproctitle.setproctitle('somebody else' * 500); time.sleep(600)"


@pytest.fixture
def home(server_folder, request):
    home = Home(server_folder / f"a home {request.node.name[:8]}")
    home.prepare()
    yield home
    supervisor = Supervisor(home)
    supervisor.shutdown()
    supervisor.end_leftovers()


def start(home: Home, *steps: Step) -> dict[str, str]:
    """Start these steps; the error of each, empty where it is ready."""
    supervisor = Supervisor(home)
    supervisor.up(step.program for step in steps if step.program)
    return {each.name: each.error for each in Run(list(steps), supervisor, lambda line: None).all()}


def service(name: str, *command: str, **options) -> Step:
    return Step(name, program=Program(name, list(command)), seconds=10, **options)


def test_a_service_runs_and_a_second_start_leaves_it_alone(home):
    assert start(home, service("sleeper", "sleep", "600")) == {"sleeper": ""}
    first = Supervisor(home).state("sleeper").pid
    assert start(home, service("sleeper", "sleep", "600")) == {"sleeper": ""}
    assert Supervisor(home).state("sleeper").pid == first
    assert status(home, lambda line: None) == 0


def test_a_changed_program_is_started_anew(home):
    start(home, service("sleeper", "sleep", "600"))
    first = Supervisor(home).state("sleeper").pid
    assert start(home, service("sleeper", "sleep", "601")) == {"sleeper": ""}
    assert Supervisor(home).state("sleeper").pid != first


def test_a_service_that_dies_at_the_start_is_named_with_the_end_of_its_log(home):
    dying = service("dying", "sh", "-c", "echo the disk is on fire; exit 3", ready=lambda since: False)
    dependent = Step("dependent", ("dying",))
    errors = start(home, dying, dependent, service("other", "sleep", "600"))
    assert errors["dying"].startswith("dying: it ended while starting")
    assert errors["dying"].endswith("the disk is on fire\n")
    assert str(home.log("dying")) in errors["dying"]
    assert not errors["other"]
    assert "dependent" not in errors


def test_a_service_that_is_never_ready_is_named(home):
    slow = Step("slow", program=Program("slow", ["sleep", "600"]), ready=lambda since: False, seconds=1)
    assert start(home, slow)["slow"].startswith("slow: not ready after 1 s.")


def test_a_service_that_dies_later_is_shown_by_status(home):
    start(home, service("victim", "sh", "-c", "echo last words; exec sleep 600"))
    assert wait_until(lambda: "last words" in Supervisor(home).tail("victim"), seconds=10)
    os.kill(Supervisor(home).state("victim").pid, signal.SIGKILL)
    assert wait_until(lambda: not Supervisor(home).state("victim").running, seconds=10)
    said: list[str] = []
    assert status(home, said.append) == 1
    assert any("victim" in line and "DEAD" in line for line in said)
    assert any("last words" in line for line in said)


def test_what_a_killed_supervisor_leaves_is_found_even_renamed(home):
    start(home, service("renaming", sys.executable, "-c", RENAMING), service("sleeper", "sleep", "600"))
    supervisor = Supervisor(home)
    pids = [supervisor.state(name).pid for name in ("renaming", "sleeper")]
    parent = int((home.run / "supervisord.pid").read_text())
    assert wait_until(lambda: pids[0] not in processes.with_variable(MARK, str(home.path)), seconds=10)
    assert set(pids) <= set(supervisor.leftovers())
    os.kill(parent, signal.SIGKILL)
    supervisor.end_leftovers()
    assert supervisor.leftovers() == []
    assert start(home, service("sleeper", "sleep", "600")) == {"sleeper": ""}


def test_without_a_supervisor_everything_says_so(home):
    supervisor = Supervisor(home)
    assert not supervisor.running
    assert supervisor.states() == {}
    said: list[str] = []
    assert status(home, said.append) == 1
    assert said == ["The sandbox does not run. Start it: make up"]


def test_a_supervisor_that_cannot_start_says_why(home, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises((ServiceFailed, OSError)):
        Supervisor(home).up([])
