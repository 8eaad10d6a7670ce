"""The fence's sign: ours is known from a standby's own, on a full disk too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from dataops.connections import Connection
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.native.fencing import MARK, fence, fenced, unfence
from dataops.failover.hosts.host import HostFailed, HostUnreachable, Place, Process
from dataops.failover.hosts.member import Member

SIGN = "/data/standby.signal"
PLACE = Place("db1", "postgres", "/data", "/usr/bin", "")


@dataclass
class Machine:
    """A machine whose processes die at a signal, unless they are stubborn; its disk may be full."""

    files: dict[str, str] = field(default_factory=lambda: {"/data": ""})
    living: list[Process] = field(default_factory=list)
    stubborn: bool = False
    revived: list[Process] = field(default_factory=list)
    full: bool = False
    place: Place = PLACE
    order: list[str] = field(default_factory=list)

    def processes(self) -> tuple[Process, ...]:
        return tuple(self.living)

    def kill(self, processes: Iterable[Process]) -> tuple[Process, ...]:
        self.order.append("kill")
        if not self.stubborn:
            self.living = list(self.revived)
        return self.processes()

    def exists(self, path: str) -> bool:
        return path in self.files

    def read(self, path: str) -> str | None:
        return self.files.get(path)

    def write(self, path: str, text: str) -> None:
        if self.full and text:
            raise HostFailed("No space left on device")
        self.order.append("write")
        self.files[path] = text

    def ensure(self, path: str, text: str) -> bool:
        if path.rpartition("/")[0] not in self.files:
            return False
        if path not in self.files:
            self.write(path, text)
        return True

    def remove(self, path: str) -> None:
        self.files.pop(path, None)


def member(machine: Machine) -> Member:
    return Member("alpha", Connection("alpha", "postgres", host="db1"), machine)  # type: ignore[arg-type]


SERVER = Process(10, 1, "S", "postgres", 5)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataops.failover.hosts.ending.end_tree.__kwdefaults__", {"within": 0.05})


def test_the_sign_stands_before_anything_is_killed() -> None:
    machine = Machine(living=[SERVER])
    assert fence(member(machine)).verdict is Verdict.PASSED
    assert machine.order == ["write", "kill"]
    assert machine.files[SIGN] == MARK


def test_a_fence_is_put_up_twice_and_taken_away_once() -> None:
    machine = Machine()
    for _ in range(2):
        assert fence(member(machine)).verdict is Verdict.PASSED
    assert unfence(member(machine))
    assert SIGN not in machine.files
    assert not unfence(member(machine))


def test_the_sign_of_a_real_standby_is_left_alone() -> None:
    machine = Machine(files={"/data": "", SIGN: ""})
    assert fence(member(machine)).verdict is Verdict.PASSED
    assert not fenced(machine)  # type: ignore[arg-type]
    assert not unfence(member(machine))
    assert SIGN in machine.files


def test_on_a_full_disk_the_sign_is_empty_and_still_known_as_ours() -> None:
    machine = Machine(full=True, living=[SERVER])
    assert fence(member(machine)).verdict is Verdict.PASSED
    assert not machine.files[SIGN]
    assert fenced(machine)  # type: ignore[arg-type]
    assert unfence(member(machine))
    assert set(machine.files) == {"/data"}


def test_what_survives_sigkill_is_no_fence() -> None:
    found = fence(member(Machine(living=[SERVER], stubborn=True)))
    assert found.verdict is Verdict.FAILED
    assert "1 processes live" in str(found.observed)


def test_what_a_supervisor_started_behind_the_sign_is_read_only() -> None:
    machine = Machine(living=[SERVER], revived=[Process(20, 1, "S", "postgres", 9)])
    found = fence(member(machine))
    assert found.verdict is Verdict.PASSED
    assert "a supervisor started it again" in str(found.observed)


def test_a_node_whose_directory_is_away_cannot_be_started() -> None:
    assert fence(member(Machine(files={}))).verdict is Verdict.PASSED


def test_a_machine_that_does_not_answer_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_: Machine, path: str, text: str) -> bool:
        raise HostUnreachable("db1 cannot be reached by ssh")

    monkeypatch.setattr(Machine, "ensure", silent)
    found = fence(member(Machine(living=[SERVER])))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "cannot be reached" in found.reason
