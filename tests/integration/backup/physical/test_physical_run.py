"""What can go wrong on the way, each seen and said in its own sentence."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from dataops.backup import catalog
from dataops.backup.physical import Physical, errors, take
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Verdict, overall
from dataops.inventory import Inventory, Server
from dataops.platform import Platform
from dataops.store import LeaseHeld, lease

from sandbox.certificates import Authority
from sandbox.deadline import wait_until
from sandbox.ports import free_port
from tests.integration.plant import PASSPHRASE, Run, Site, back_up

NOBODY = 65534


def job(
    site: Site, server: Server | None = None, *, changes: dict[str, Connection] | None = None, **options: Any
) -> Job:
    chosen = server or site.server()
    return Job(site.platform(chosen, **(changes or {})), chosen, lambda line: None, options)


def pgbackrest_with(site: Site, **changes: Any) -> dict[str, Connection]:
    """The site's connection to pgBackRest with other values; those in ``extra`` beside its own."""
    known = site.connections["plant_pgbackrest"]
    extra = {**known.extra, **changes.pop("extra", {})}
    return {"plant_pgbackrest": replace(known, extra=extra, **changes)}


def test_preflight_passes_on_a_healthy_server(site: Site, full: Run) -> None:
    report = Physical().preflight(job(site))
    assert overall(report.checks) is Verdict.PASSED
    assert report.programs["pgbackrest"]


def test_a_tls_server_that_does_not_answer(site: Site, full: Run) -> None:
    changes = pgbackrest_with(site, port=free_port())
    with pytest.raises(errors.HostUnreachable, match="Nothing answers at localhost"):
        Physical().preflight(job(site, changes=changes))


def test_a_certificate_of_somebody_else(site: Site, full: Run, tmp_path: Path) -> None:
    stranger = Authority(tmp_path).issue("dataops-worker")
    changes = pgbackrest_with(
        site, extra={"cert_file": str(stranger.cert_file), "key_file": str(stranger.key_file)}
    )
    with pytest.raises(errors.HostUntrusted):
        Physical().preflight(job(site, changes=changes))


def test_a_worker_that_the_database_host_does_not_let_in(site: Site, full: Run) -> None:
    unknown = site.store.server.authority.issue("unknown-worker")
    changes = pgbackrest_with(
        site, extra={"cert_file": str(unknown.cert_file), "key_file": str(unknown.key_file)}
    )
    with pytest.raises(errors.HostUntrusted, match="tls-server-auth"):
        Physical().preflight(job(site, changes=changes))


def test_a_pgbackrest_of_the_database_host_itself_holds_its_lock(site: Site, full: Run) -> None:
    lock = site.backrest.folder / "lock" / "plant-backup.lock"
    with lock.open("w") as held:
        lock.chmod(0o666)
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(errors.AlreadyRunning, match="see the process lists of both hosts"):
            back_up(site)
    lock.unlink()
    assert back_up(site).backup_id > full.backup_id


def test_another_passphrase_than_the_repositorys(site: Site, full: Run) -> None:
    with pytest.raises(errors.WrongPassphrase) as raised:
        Physical().preflight(job(site, changes=pgbackrest_with(site, password="another-passphrase")))
    assert "another-passphrase" not in str(raised.value)


def test_primary_and_standby_mixed_up(site: Site) -> None:
    mixed = site.server(connection="plant_standby", standby="plant_primary")
    with pytest.raises(errors.WrongServer, match="leads to a standby"):
        Physical().preflight(job(site, mixed))


def test_an_unknown_option_is_refused_with_those_that_there_are(site: Site) -> None:
    with pytest.raises(DataOpsError, match="max_duration"):
        Physical().preflight(job(site, typ="full"))


def test_a_second_backup_at_once_is_refused_naming_the_first(site: Site) -> None:
    with (
        lease(site.platform().store, "backup/plant", holder="the first", seconds=30),
        pytest.raises(LeaseHeld, match="the first"),
    ):
        Physical().take(job(site))


def test_a_damaged_page_fails_the_backup_although_pgbackrest_exits_with_0(site: Site, full: Run) -> None:
    site.primary.execute("CREATE TABLE rotten AS SELECT g FROM generate_series(1, 1000) g")
    path = site.primary.execute("SELECT pg_relation_filepath('rotten')")[0][0]
    server = site.server(standby=None)
    try:
        site.primary.execute("CHECKPOINT")
        with (site.primary.cluster.data / path).open("r+b") as file:
            file.seek(4000)
            file.write(b"rotten")
        with pytest.raises(errors.BackupDamaged, match="base/"):
            Physical().take(job(site, server, type="diff"))
    finally:
        site.primary.execute("DROP TABLE rotten")
        site.primary.execute("CHECKPOINT")


def test_without_a_standby_the_manifest_is_best_known_and_a_diff_stays_a_diff(site: Site, full: Run) -> None:
    server = site.server(standby=None)
    taken = Physical().take(job(site, server, type="diff", content="definitions"))
    assert taken.data["source"] == "primary" and taken.data["type"] == "diff"


def platform_of(server: Server, connections: dict[str, Connection]) -> Platform:
    """The platform of a process that was started afresh: nothing but values reaches it."""
    return Platform("test", Inventory(servers=(server,)), connections.__getitem__)


def take_as_nobody(
    server: Server, roots: dict[str, Connection], own: dict[str, Connection], data: Path, answer: Any
) -> None:
    """A backup as a user without any right. ``roots`` and ``own``: the connections of both users."""
    options = {"type": "incr", "content": "definitions"}
    try:
        # Where Python is root's own, only root can load its modules: so they are, and nothing else remains.
        Physical().preflight(Job(platform_of(server, roots), server, print, options))
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.environ["HOME"] = "/nonexistent"
        with pytest.raises(PermissionError):
            list(data.iterdir())
        taken = Physical().take(Job(platform_of(server, own), server, print, options))
        answer.put(taken.data["label"])
    except BaseException as error:
        answer.put(f"{type(error).__name__}: {error}")
        raise


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_a_worker_without_any_right_on_the_database_host_backs_it_up(
    site: Site, full: Run, tmp_path: Path
) -> None:
    """Airflow elsewhere: what the worker reads of the server comes through pgBackRest's TLS server alone."""
    known = site.connections["plant_pgbackrest"]
    copies = {}
    folder = site.store.server.folder.parent / "worker"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    for name in ("cert_file", "key_file", "ca_file"):
        copies[name] = str(folder / name)
        (folder / name).write_bytes(Path(str(known.extra[name])).read_bytes())
        (folder / name).chmod(0o600)
        os.chown(folder / name, NOBODY, NOBODY)
    connections = {**site.connections, **pgbackrest_with(site, extra=copies)}
    for name in ("dataops_store", "dataops_replica"):
        extra = {**site.connections[name].extra, "verify": copies["ca_file"]}
        connections[name] = replace(site.connections[name], extra=extra)
    # Not forked: a child inherits OpenSSL's locks as another thread happens to hold them, and waits forever.
    context = get_context("spawn")
    answer = context.Queue()
    data = site.primary.cluster.data
    arguments = (site.server(), site.connections, connections, data, answer)
    worker = context.Process(target=take_as_nobody, args=arguments)
    worker.start()
    label = answer.get(timeout=120)
    worker.join(30)
    assert label.endswith(("I", "F", "D")), label


def test_no_secret_stands_in_a_process_list_or_a_report(site: Site, full: Run) -> None:
    seen: list[str] = []
    ending = threading.Event()

    def look() -> None:
        while not ending.is_set():
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.append(file.read_bytes().decode(errors="replace"))
                except OSError:
                    continue
            time.sleep(0.05)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        report = Physical().preflight(job(site))
    finally:
        ending.set()
        watcher.join()
    assert any("pgbackrest" in line for line in seen)
    secrets = (PASSPHRASE, site.store.admin.secret_key, site.primary.cluster.password)
    texts = [*seen, report.model_dump_json(), *full.said, full.taken.model_dump_json()]
    assert not [text[:80] for text in texts if any(secret in text for secret in secrets)]


LEASE_SECONDS = 6.0


def take_until_killed(server: Server, connections: dict[str, Connection]) -> None:
    take.LEASE_SECONDS = LEASE_SECONDS  # in this process alone: who comes next need not wait for so long
    Physical().take(
        Job(platform_of(server, connections), server, print, {"type": "full", "content": "definitions"})
    )


def test_a_worker_killed_while_copying_leaves_no_backup_and_the_next_run_passes(
    site: Site, full: Run
) -> None:
    before = {each.backup_id for each in catalog.backups(site.platform().store, "plant")}
    worker = get_context("spawn").Process(target=take_until_killed, args=(site.server(), site.connections))
    worker.start()
    running = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgBackRest [backup]%'"
    assert wait_until(lambda: site.primary.execute(running)[0][0] > 0, seconds=60)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(10)
    assert wait_until(lambda: site.primary.execute(running)[0][0] == 0, seconds=60)
    assert {each.backup_id for each in catalog.backups(site.platform().store, "plant")} == before
    assert wait_until(lambda: not held(site), seconds=90)
    assert back_up(site, type="diff", content="definitions").backup_id not in before


def held(site: Site) -> bool:
    """Whether the killed run's lease still stands: it ends by itself."""
    try:
        with lease(site.platform().store, "backup/plant", holder="the test", seconds=30):
            return False
    except LeaseHeld:
        return True
