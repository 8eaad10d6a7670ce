"""No secret is ever said: not in a log, an argument, a record, a manifest, nor in what Airflow keeps."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from dataops.store import ObjectStore

from sandbox import airflow_runs
from sandbox.airflow_runs import Run, await_all
from sandbox.airflow_server import AirflowClient
from sandbox.deadline import wait_until
from tests.e2e.conftest import Sandbox
from tests.e2e.enrolling import bucket, databases, enrolled, pages, parses, session

PUBLIC = {"operator_recipient", "escrow_recipient"}
GOOD, BAD, STRANGER, DRILLED = "keeps_secrets", "locked_out", "stranger", "drilled"
ROLE = "keeper_of_secrets"
KEPT = ("evidence/", "proofs/", f"backups/{GOOD}/", f"backups/{BAD}/")
PLANTED = """
CREATE ROLE {role} LOGIN PASSWORD '{role_password}';
CREATE EXTENSION postgres_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw;
CREATE USER MAPPING FOR {role} SERVER elsewhere OPTIONS (user 'me', password '{mapping_password}');
CREATE SUBSCRIPTION elsewhere CONNECTION 'host=127.0.0.1 password={subscription_password}' PUBLICATION p
  WITH (connect = false, slot_name = NONE)
"""
Texts = Iterable[tuple[str, bytes]]


@dataclass
class Arguments:
    """Every command line that was seen in /proc while this watched."""

    seen: set[bytes] = field(default_factory=set)
    _ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Look until told to stop: often at the young, whose arguments change as they begin their program."""
        young: dict[str, float] = {}
        while not self._ended.wait(0.02):
            now = time.monotonic()
            alive = {path.name for path in Path("/proc").glob("[0-9]*")}
            young = {pid: born for pid, born in young.items() if pid in alive}
            for pid in alive:
                if now - young.setdefault(pid, now) < 1:
                    self._look(pid)

    def _look(self, pid: str) -> None:
        try:
            self.seen.add(Path(f"/proc/{pid}/cmdline").read_bytes())
        except OSError:
            return  # it ended

    def stop(self) -> None:
        self._ended.set()

    @property
    def texts(self) -> Texts:
        return [(f"the arguments of {line.partition(bytes(1))[0]!r}", line) for line in set(self.seen)]


@contextmanager
def watching() -> Generator[Arguments]:
    arguments = Arguments()
    thread = threading.Thread(target=arguments.watch)
    thread.start()
    try:
        yield arguments
    finally:
        arguments.stop()
        thread.join()


def forms(secret: str) -> set[bytes]:
    """The secret as it might be written down."""
    plain = secret.encode()
    written = {plain, base64.b64encode(plain).rstrip(b"="), json.dumps(secret)[1:-1].encode()}
    return written | {plain.hex().encode()}


def sightings(texts: Texts, canaries: Mapping[str, str]) -> list[str]:
    """Which secret stands where."""
    wanted = {name: forms(secret) for name, secret in canaries.items()}
    return [
        f"{name} in {place}"
        for place, text in texts
        for name, written in wanted.items()
        if any(form in text for form in written)
    ]


def logs(sandbox: Sandbox) -> Texts:
    """Every service's log and every task's."""
    for folder in (sandbox.home.logs, sandbox.home.path / "airflow" / "logs"):
        for file in folder.rglob("*"):
            if file.is_file():
                yield str(file), file.read_bytes()


def stored(store: ObjectStore, *prefixes: str) -> Texts:
    """Objects as they lie there: what is encrypted stays so."""
    for prefix in prefixes:
        for listed in store.list(prefix):
            yield f"s3://{store.bucket}/{listed.key}", store.get(listed.key)


def kept_by_airflow(client: AirflowClient, runs: Iterable[Run]) -> Texts:
    """Runs, tasks with their rendered templates, XComs, events and the log of what users did."""
    yield "event logs", as_text(pages(client, "/api/v2/eventLogs", "event_logs"))
    for run in runs:
        yield run.path, as_text(client.get(run.path))
        tasks = pages(client, f"{run.path}/taskInstances", "task_instances")
        yield f"{run.path}/taskInstances", as_text(tasks)
        yield from xcoms(client, run)
        events = f"/api/v2/assets/events?source_dag_id={run.dag_id}"
        yield events, as_text(pages(client, events, "asset_events"))


def xcoms(client: AirflowClient, run: Run) -> Texts:
    entries = pages(client, f"{run.path}/taskInstances/~/xcomEntries", "xcom_entries")
    for entry in entries:
        path = f"{run.path}/taskInstances/{entry['task_id']}/xcomEntries/{entry['key']}"
        yield path, as_text(client.get(path))


def as_text(answer: Any) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def canaries(sandbox: Sandbox) -> dict[str, str]:
    """Everything in this sandbox that logs in or decrypts, and what the tests plant."""
    known = json.loads((sandbox.home.path / "secrets" / "secrets.json").read_text())
    planted = ("role_password", "mapping_password", "subscription_password", "wrong_password")
    return {
        **{name: secret for name, secret in known.items() if name not in PUBLIC},
        **{name: f"canary{secrets.token_hex(12)}" for name in planted},
    }


@dataclass(frozen=True)
class Said:
    """What the runs left behind, by the kind of place."""

    canaries: dict[str, str]
    states: dict[str, str]
    codes: dict[str, int]
    texts: dict[str, list[tuple[str, bytes]]]


@pytest.fixture(scope="module")
def said(sandbox: Sandbox, canaries: dict[str, str]) -> Iterator[Said]:
    """Of a backup that passes and one that is refused, by schedule and by command line, and of a drill."""
    with (
        databases(sandbox, [GOOD]),
        planted(sandbox, canaries) as verifier,
        stranger(sandbox, canaries["wrong_password"]),
        watching() as arguments,
        enrolled(sandbox, {GOOD: "sandbox", BAD: STRANGER}),
    ):
        client = sandbox.airflow()
        runs = [airflow_runs.active_or_new(client, f"backup__{name}") for name in (GOOD, BAD)]
        states = {told.run.dag_id: told.state for told in await_all(client, runs, seconds=300, say=print)}
        by_hand = {name: sandbox.dataops("backup", "run", name, "--json", "-v") for name in (GOOD, BAD)}
        by_hand[DRILLED] = sandbox.dataops("drill", "run", GOOD, "--json", "-v")
        by_hand[STRANGER] = sandbox.dataops("watch", "-v")
        texts = {
            "logs": list(logs(sandbox)),
            "arguments": list(arguments.texts),
            "output": [(name, (ran.stdout + ran.stderr).encode()) for name, ran in by_hand.items()],
            "store": list(
                stored(bucket(sandbox), "evidence/", "proofs/", *(f"backups/{each}/" for each in (GOOD, BAD)))
            ),
            "Airflow": list(kept_by_airflow(client, runs)),
        }
        canaries = {**canaries, "verifier": verifier}
        yield Said(canaries, states, {name: ran.returncode for name, ran in by_hand.items()}, texts)


@contextmanager
def planted(sandbox: Sandbox, canaries: Mapping[str, str]) -> Generator[str]:
    """The places of a database where others' passwords lie; the role's password as the server keeps it."""
    with session(sandbox, GOOD) as cursor:
        for statement in PLANTED.format(role=ROLE, **canaries).split(";\n"):
            cursor.execute(statement)
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [ROLE])
        [(verifier,)] = cursor.fetchall()
    try:
        yield verifier
    finally:
        with session(sandbox, GOOD) as cursor:
            for statement in ("SUBSCRIPTION elsewhere", "EXTENSION postgres_fdw CASCADE", f"ROLE {ROLE}"):
                cursor.execute(f"DROP {statement}")


@contextmanager
def stranger(sandbox: Sandbox, password: str) -> Generator[None]:
    """The primary once more, under a connection whose password is wrong."""
    file, connection_id = sandbox.include / "servers" / f"{STRANGER}.yaml", f"{STRANGER}_primary"
    address = urlsplit(sandbox.environment["SANDBOX_PRIMARY_DSN"])
    connection = {
        "conn_type": "postgres",
        "host": address.hostname,
        "port": address.port,
        "login": address.username,
        "password": password,
    }
    client = sandbox.airflow()
    client.call("POST", "/api/v2/connections", {"connection_id": connection_id, **connection})
    file.write_text(f"server: {STRANGER}\nenvironment: sandbox\nconnection: {connection_id}\nowner: tests\n")
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(f"AIRFLOW_CONN_{connection_id.upper()}", json.dumps(connection))
            yield
    finally:
        file.unlink()
        parses(sandbox)
        client.call("DELETE", f"/api/v2/connections/{connection_id}")
        client.call("DELETE", f"/api/v2/dags/backup__{STRANGER}")


def test_the_runs_were_what_they_should_be(said: Said) -> None:
    assert said.states == {f"backup__{GOOD}": "success", f"backup__{BAD}": "failed"}
    assert said.codes == {GOOD: 0, BAD: 2, DRILLED: 0, STRANGER: 1}


@pytest.mark.parametrize("place", ["logs", "arguments", "output", "store", "Airflow"])
def test_no_secret_was_said(said: Said, place: str) -> None:
    # A place where not even the subject's name is found was not looked at.
    assert sightings(said.texts[place], {"the subject": GOOD})
    assert sightings(said.texts[place], said.canaries) == []


def test_a_secret_that_is_said_would_be_found(sandbox: Sandbox, said: Said, canaries: dict[str, str]) -> None:
    secret = canaries["postgres_password"]
    log = sandbox.home.logs / "planted.log"
    program = [sys.executable, "-c", "input()", f"--password={secret}"]
    store, key = bucket(sandbox), "evidence/planted"
    store.put(key, base64.b64encode(secret.encode()))
    log.write_text(f"connecting with {secret}\n")
    try:
        with watching() as arguments, subprocess.Popen(program, stdin=subprocess.PIPE) as running:
            assert wait_until(lambda: bool(sightings(arguments.texts, canaries)), seconds=30)
            running.communicate(b"\n")
        assert sightings(logs(sandbox), canaries) == [f"postgres_password in {log}"]
        assert sightings(stored(store, key), canaries) == [f"postgres_password in s3://{store.bucket}/{key}"]
    finally:
        log.unlink()
        store.delete([key])
