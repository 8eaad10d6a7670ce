"""The platform starts, stays and recovers. That ``down`` leaves nothing is tested where the sandbox ends."""

from __future__ import annotations

import os
import signal
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
import pytest

from sandbox.airflow_server import SERVICES, AirflowClient
from sandbox.deadline import wait_until
from sandbox.errors import ServiceFailed
from sandbox.kafka import broker

NAMES = {
    *("primary", "standby", "metadata", "store", "pgbackrest", "kafka", "route", "guard", "pager"),
    *SERVICES,
}


def query(dsn: str, statement: str):
    with closing(psycopg2.connect(dsn)) as session, session.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def test_everything_runs(sandbox):
    states = sandbox.supervisor.states()
    assert set(states) == NAMES
    assert all(state.running for state in states.values())
    assert sandbox.make("status").returncode == 0
    assert {path.stem for path in sandbox.home.logs.glob("*.log")} >= NAMES


def test_the_environment_names_everything(sandbox):
    expected = {
        *(f"SANDBOX_{name}_DSN" for name in ("PRIMARY", "STANDBY")),
        *("SANDBOX_S3_ENDPOINT", "SANDBOX_S3_BUCKET", "SANDBOX_S3_REPLICA_BUCKET"),
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CA_BUNDLE", "SANDBOX_KAFKA_BOOTSTRAP"),
        *("SANDBOX_AIRFLOW_URL", "SANDBOX_AIRFLOW_USER", "SANDBOX_AIRFLOW_PASSWORD"),
        *("SANDBOX_APPROVER_USER", "SANDBOX_APPROVER_PASSWORD"),
        *("DATAOPS_BUCKET", "DATAOPS_REPLICA_BUCKET", "DATAOPS_ENVIRONMENT"),
        *(f"AIRFLOW_CONN_SANDBOX_{name}" for name in ("PRIMARY", "STANDBY", "PGBACKREST")),
        *(f"AIRFLOW_CONN_SANDBOX_{name}" for name in ("PRIMARY_HOST", "STANDBY_HOST", "ROUTE", "HAPROXY")),
        *("AIRFLOW_CONN_FAILOVER_TARGETS", "AIRFLOW_CONN_DATAOPS_PAGER"),
        *(f"AIRFLOW_CONN_DATAOPS_{name}" for name in ("STORE", "REPLICA", "ENCRYPTION", "DECRYPTION")),
    }
    assert expected <= set(sandbox.environment)
    assert sandbox.home.environment.stat().st_mode & 0o077 == 0


def test_the_standby_follows_and_the_archiver_works(sandbox):
    primary, standby = (sandbox.environment[f"SANDBOX_{name}_DSN"] for name in ("PRIMARY", "STANDBY"))
    assert query(standby, "SELECT pg_is_in_recovery()") == [(True,)]
    [(segment,)] = query(primary, "SELECT pg_walfile_name(pg_switch_wal())")
    archived = f"SELECT last_archived_wal >= '{segment}' FROM pg_stat_archiver"
    assert wait_until(lambda: query(primary, archived) == [(True,)], seconds=60, interval=0.5)
    assert query(primary, "SELECT failed_count FROM pg_stat_archiver") == [(0,)]


def test_every_flight_is_there_on_both_servers(sandbox):
    for name in ("PRIMARY", "STANDBY"):
        dsn = sandbox.environment[f"SANDBOX_{name}_DSN"].rpartition("/")[0] + "/flights"
        assert query(dsn, "SELECT count(*) FROM flights") == [(336_776,)]


def test_kafka_answers_in_the_pinned_version(sandbox):
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": sandbox.environment["SANDBOX_KAFKA_BOOTSTRAP"]})
    assert len(admin.describe_cluster(request_timeout=10).result().nodes) == 1
    assert "missing" not in admin.list_topics(timeout=10).topics
    assert any(broker.jars().glob(f"kafka_*-{broker.version()}.jar"))


def test_logins_are_real_and_pools_are_there(sandbox):
    url = sandbox.environment["SANDBOX_AIRFLOW_URL"]
    with pytest.raises(ServiceFailed, match="401"):
        AirflowClient(url, "admin", "wrong").get("/api/v2/dags")
    with pytest.raises(ServiceFailed, match="403"):
        sandbox.airflow("viewer").call("POST", "/api/v2/pools", {"name": "own", "slots": 1})
    pools = sandbox.airflow().get("/api/v2/pools")["pools"]
    assert "backup" in {pool["name"] for pool in pools}
    assert sandbox.airflow().get("/api/v2/importErrors")["import_errors"] == []


def listening() -> dict[int, set[str]]:
    """The local addresses (in the kernel's hexadecimal) by port on which something listens."""
    found: dict[int, set[str]] = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="utf-8").splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == "0A":
                address, _, port = local.rpartition(":")
                found.setdefault(int(port, 16), set()).add(address)
    return found


def test_everything_listens_on_loopback_only(sandbox):
    known = set(sandbox.home.known_ports.values())
    ours = {port: addresses for port, addresses in listening().items() if port in known}
    assert len(ours) > len(NAMES)
    # 127.0.0.1, by Java's servers as ::ffff:127.0.0.1.
    assert all(address.endswith("0100007F") for addresses in ours.values() for address in addresses)


def test_up_again_changes_nothing(sandbox):
    before = {name: state.pid for name, state in sandbox.supervisor.states().items()}
    finished = sandbox.make("up")
    assert finished.returncode == 0, finished.stderr
    assert {name: state.pid for name, state in sandbox.supervisor.states().items()} == before


def test_a_killed_service_is_named_with_its_log_and_comes_back(sandbox):
    os.kill(sandbox.supervisor.state("kafka").pid, signal.SIGKILL)
    assert wait_until(lambda: not sandbox.supervisor.state("kafka").running, seconds=10)
    shown = sandbox.make("status")
    assert shown.returncode == 1
    assert f"kafka does not run. The end of {sandbox.home.log('kafka')}:" in shown.stdout
    assert sandbox.make("up").returncode == 0
    assert sandbox.supervisor.state("kafka").running


def test_up_recovers_from_a_kill_of_everything(sandbox):
    ports = sandbox.home.known_ports
    victims = sandbox.processes()
    assert len(victims) > len(NAMES)
    for pid in victims:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    finished = sandbox.make("up")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert sandbox.home.known_ports == ports
    assert sandbox.make("status").returncode == 0
    test_every_flight_is_there_on_both_servers(sandbox)
