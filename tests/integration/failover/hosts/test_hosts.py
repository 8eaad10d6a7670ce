"""A node's machine, reached directly and by a real sshd on loopback: both do and say the same."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from getpass import getuser
from pathlib import Path

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.native.driver import NativeDriver
from dataops.failover.hosts.host import Host, HostFailed, HostUnreachable, postmaster
from dataops.failover.hosts.opening import open_host
from dataops.process import DeadlineExceeded, ProgramFailed

from sandbox import children
from sandbox.deadline import wait_until
from sandbox.ports import LOOPBACK, answers, free_port
from tests.integration.failover.cell import Cell

SSHD = shutil.which("sshd", path=f"{os.defpath}:/usr/sbin:/sbin")


@dataclass(frozen=True)
class Sshd:
    """A daemon that lets one key in."""

    port: int
    key: Path
    known_hosts: Path

    def connection(self, local: Connection, **extra: str) -> Connection:
        """The machine of a ``local`` connection, by ssh."""
        ways = {"key_file": str(self.key), "known_hosts": str(self.known_hosts)}
        return replace(
            local,
            type="ssh",
            host=LOOPBACK,
            port=self.port,
            login=getuser(),
            extra={**local.extra, **ways, **extra},
        )


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    if SSHD is None:
        pytest.fail("There is no sshd on this machine: run make setup")
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "client"):
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(make, check=True)
    shutil.copy(folder / "client.pub", folder / "authorized_keys")
    port = free_port()
    (folder / "known_hosts").write_text(f"[{LOOPBACK}]:{port} {(folder / 'host.pub').read_text()}")
    lines = {
        "Port": port,
        "ListenAddress": LOOPBACK,
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "prohibit-password",
        # Nobody's ~/.bashrc, which bash reads for each command that comes by sshd.
        "SetEnv": f"HOME={folder}",
    }
    (folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in lines.items()))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    process = children.start(
        [SSHD, "-D", "-e", "-f", str(folder / "sshd_config")],
        log=folder / "log",
        at_parents_death=signal.SIGTERM,
    )
    assert wait_until(lambda: answers(port), seconds=10), (folder / "log").read_text()
    yield Sshd(port, folder / "client", folder / "known_hosts")
    children.stop(process, seconds=3)


@pytest.fixture(params=["local", "ssh"])
def host(request: pytest.FixtureRequest, shared_cell: Cell) -> Iterator[Host]:
    connection = shared_cell.connections["cell_alpha_host"]
    if request.param == "ssh":
        connection = request.getfixturevalue("sshd").connection(connection)
    opened = open_host(connection)
    yield opened
    opened.close()


def test_the_server_and_its_children_are_seen_and_no_stranger_in_its_folder(
    host: Host, shared_cell: Cell
) -> None:
    data = shared_cell.cluster("alpha").data
    with subprocess.Popen(["sleep", "60"], cwd=data) as stranger:
        found = host.processes()
        stranger.kill()
    pids = {process.pid for process in found}
    assert pids >= set(shared_cell.processes("alpha")) - {stranger.pid} - _short_lived(shared_cell)
    assert stranger.pid not in pids
    first = postmaster(found)
    assert first and first.pid == shared_cell.cluster("alpha").pid
    assert any("walsender" in process.command for process in found)


def _short_lived(cell: Cell) -> set[int]:
    """Processes that came or went since: only those that are still there count."""
    return {
        pid for pid in cell.processes("alpha") if b"postgres" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    }


def test_a_process_is_stopped_and_goes_on(host: Host) -> None:
    receiver = [process for process in host.processes() if "checkpointer" in process.command]
    host.signal(receiver, signal.SIGSTOP)
    try:
        assert wait_until(
            lambda: [each.stopped for each in host.processes() if "checkpointer" in each.command] == [True],
            seconds=5,
        )
    finally:
        host.signal(receiver, signal.SIGCONT)


def test_what_is_killed_is_gone_and_what_comes_up_again_is_seen(host: Host, shared_cell: Cell) -> None:
    first = postmaster(host.processes())
    background = [each for each in host.processes() if "background writer" in each.command]
    assert first
    assert background
    alive = host.kill(background)  # the server restarts its children, as after a crash of one
    assert background[0].pid not in {each.pid for each in alive}
    assert [each.pid for each in alive if each.pid == first.pid] == [first.pid]
    assert host.kill([])
    assert wait_until(lambda: shared_cell.primaries() == ["alpha"], seconds=20)
    assert wait_until(
        lambda: shared_cell.execute("beta", "SELECT status FROM pg_stat_wal_receiver") == [("streaming",)],
        seconds=20,
    )


def test_files_are_written_by_their_owner_and_nobody_else_reads_them(host: Host, shared_cell: Cell) -> None:
    path = f"{host.place.beside}/a file"
    assert host.read(path) is None
    host.write(path, "one\n")
    host.write(path, "two 'quoted' $words\n")
    assert host.read(path) == "two 'quoted' $words\n"
    seen = Path(path).stat()
    assert seen.st_mode & 0o777 == 0o600
    assert seen.st_uid == shared_cell.cluster("alpha").data.stat().st_uid
    host.rename(path, path + " too")
    host.write(path, "again\n")
    with pytest.raises(HostFailed, match="exists already"):
        host.rename(path, path + " too")
    for each in (path, path + " too", path + " never there"):
        host.remove(each)
        assert not host.exists(each)
    assert host.ensure(path, "new\n")
    assert host.ensure(path, "newer\n")
    assert host.read(path) == "new\n"
    assert not host.ensure(f"{host.place.beside}/no/folder", "x")
    host.remove(path)
    with pytest.raises(HostFailed):
        host.write(f"{host.place.beside}/no/such/folder", "x")


def test_programs_run_as_postgresqls_user_or_as_whoever_is_asked(host: Host) -> None:
    user = host.run(["id", "-un"], deadline=10).stdout.strip()
    assert user == host.place.user
    assert host.run(["id", "-un"], deadline=10, identity="login").stdout.strip() == getuser()
    assert host.run(
        ["sh", "-c", 'echo "$1" "$VALUE"', "sh", "a 'b' $c"], deadline=10, env={"VALUE": "v"}
    ).stdout == ("a 'b' $c v\n")
    assert host.run(["cat"], deadline=10, input="given").stdout == "given"
    assert host.run(["false"], deadline=10, check=False).returncode == 1
    with pytest.raises((ProgramFailed, HostFailed)):
        host.run(["false"], deadline=10)
    with pytest.raises(DeadlineExceeded):
        host.run(["sleep", "60"], deadline=0.2)


def test_a_disk_and_the_machines_name(host: Host) -> None:
    disk = host.disk(host.place.data)
    counted = os.statvfs(host.place.data)
    assert disk.size == counted.f_blocks * counted.f_frsize
    assert 0 < disk.free <= disk.size
    assert Path(disk.mount).is_mount()
    assert host.hostname() == os.uname().nodename


def test_a_machine_with_another_key_is_refused(shared_cell: Cell, sshd: Sshd, tmp_path: Path) -> None:
    other = tmp_path / "known_hosts"
    other.write_text(f"[{LOOPBACK}]:{sshd.port} {(sshd.key.parent / 'client.pub').read_text()}")
    connection = sshd.connection(shared_cell.connections["cell_alpha_host"], known_hosts=str(other))
    with pytest.raises(HostUnreachable, match="cannot be reached by ssh"):
        open_host(connection).processes()


def test_a_machine_that_does_not_answer_is_unreachable(shared_cell: Cell, sshd: Sshd) -> None:
    connection = replace(sshd.connection(shared_cell.connections["cell_alpha_host"]), port=free_port())
    with pytest.raises(HostUnreachable, match="Connection refused"):
        open_host(connection).processes()


def test_ssh_needs_a_key_and_the_machines_own_key(shared_cell: Cell) -> None:
    local = shared_cell.connections["cell_alpha_host"]
    with pytest.raises(ConfigurationError, match=r"extra\.key_file"):
        open_host(replace(local, type="ssh", host=LOOPBACK, login="x"))


@pytest.mark.torture
@pytest.mark.skipif(not os.environ.get("DATAOPS_TORTURE"), reason="a whole failover more: make torture")
def test_a_failover_runs_over_ssh(make_cell: Callable[..., Cell], sshd: Sshd) -> None:
    cell = make_cell()
    for name in ("cell_alpha_host", "cell_beta_host"):
        cell.connections[name] = sshd.connection(cell.connections[name])
    (server,) = cell.platform.inventory.servers
    with NativeDriver.of(server, cell.platform.connection) as driver:
        driver.prepare("beta")
        driver.inject("kill", "alpha")
        assert driver.dead("alpha")
        assert driver.fence("alpha").verdict is Verdict.PASSED
        driver.promote("beta")
        driver.route("beta")
        assert driver.rejoin("alpha", "beta").how in {"rewind", "restart"}
        assert driver.observe().node("alpha").streaming
