"""Scratch servers as pods: what is asked of the cluster, and that nothing stays there.

No cluster can run here: this one keeps objects in memory and puts a server of the tests at the pod's address.
"""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from dataops import postgres
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.restoring import restored, torn_down
from dataops.drill.run import new_drill_id
from dataops.drill.scratch import cluster as api
from dataops.drill.scratch import kubernetes as pods
from dataops.drill.scratch.cluster import KINDS, HttpCluster
from dataops.drill.scratch.kubernetes import Kubernetes
from dataops.drill.scratch.wanted import Locale, Wanted
from dataops.errors import InconclusiveError
from dataops.evidence.verdict import Verdict

from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.backup.published import database, platform
from tests.integration.drill.conftest import latest

WANTED = Wanted(15, {"shop": Locale("UTF8", "C.UTF-8", "C.UTF-8")}, {}, ())


@dataclass
class Memory:
    """A cluster whose pods are ready at once, at an address of our choice."""

    address: str = "127.0.0.1"
    phase: str = "Running"
    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def create(self, kind: str, manifest: Mapping[str, Any]) -> None:
        ready = [{"type": "Ready", "status": "True" if self.phase == "Running" else "False"}]
        status = {"phase": self.phase, "podIP": self.address, "conditions": ready}
        self.objects[kind, manifest["metadata"]["name"]] = {**manifest, "status": status}

    def read(self, kind: str, name: str) -> Mapping[str, Any] | None:
        return self.objects.get((kind, name))

    def find(self, kind: str, labels: Mapping[str, str]) -> list[Mapping[str, Any]]:
        return [
            found
            for (of, _), found in self.objects.items()
            if of == kind and labels.items() <= found["metadata"]["labels"].items()
        ]

    def delete(self, kind: str, name: str) -> None:
        self.objects.pop((kind, name), None)


@pytest.fixture
def job() -> Job:
    subject = database("shop", drill={"scratch": "kubernetes"})
    return Job(platform({}, databases=(subject,)), subject, lambda line: None)


def driver(job: Job, cluster: Any, **options: Any) -> Kubernetes:
    return Kubernetes(job, new_drill_id(datetime.now(UTC)), cluster, poll=0.01, patience=0.1, **options)


def test_the_pod_is_private_and_ends_by_itself(job: Job) -> None:
    one = driver(job, Memory(), extra={"image": "registry.test/postgres:{major}-contrib"})
    made = one.manifests(WANTED, superuser="admin", password="canary")
    pod, (container,) = made["pods"]["spec"], made["pods"]["spec"]["containers"]
    assert made["networkpolicies"]["spec"]["egress"] == []
    assert made["networkpolicies"]["spec"]["podSelector"]["matchLabels"] == {"dataops/drill-id": one.drill_id}
    assert pod["activeDeadlineSeconds"] == 4 * 3600
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert container["image"] == "registry.test/postgres:15-contrib"
    assert "autovacuum=off" in container["args"]
    assert "canary" not in json.dumps(made["pods"])
    assert "$" not in json.dumps(made)
    assert all(made[kind]["metadata"]["name"] == one.name for kind in KINDS)
    assert len(one.name) <= 63


def test_a_database_is_restored_in_a_pod_and_the_pod_is_gone_afterwards(
    bench: Callable[..., Any],
    start_primary: Callable[..., DatabaseServer],
    work_dir: Any,
    drill_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = bench("CREATE TABLE t AS SELECT 1 AS a", drill={"scratch": "kubernetes"})
    one.backup()
    inside, cluster = start_primary("pod", {"fsync": "off"}), Memory()
    monkeypatch.setattr(pods, "cluster_of", lambda resolve: (cluster, {}))
    ready = Kubernetes.ready

    def at_the_pod(self: Kubernetes, **login: str) -> Connection:
        made = ready(self, **login)
        return replace(made, port=inside.port, password=inside.cluster.password)

    monkeypatch.setattr(Kubernetes, "ready", at_the_pod)
    job = Job(one.platform, one.database, one.said.append, {"work_dir": str(work_dir)})
    with restored(job, latest(job), drill_id=drill_id) as server:
        (restored_database,) = server.databases
        with closing(postgres.connect(restored_database.connection)) as session, session.cursor() as cursor:
            cursor.execute("SELECT tableowner FROM pg_tables WHERE tablename = 't'")
            assert cursor.fetchall() == [("postgres",)]
        assert server.data_directory is None
        assert torn_down(job, drill_id).verdict is Verdict.FAILED
    assert torn_down(job, drill_id).verdict is Verdict.PASSED
    assert cluster.objects == {}


def test_a_pod_that_ends_or_never_comes_is_inconclusive(job: Job) -> None:
    for phase, words in (("Failed", "ended before it was ready"), ("Pending", "not ready after")):
        cluster = Memory(phase=phase)
        with (
            pytest.raises(InconclusiveError, match=words),
            driver(job, cluster).empty(WANTED, superuser="postgres"),
        ):
            pass
        assert cluster.objects == {}


def test_an_image_that_does_not_match_is_inconclusive(job: Job, primary: DatabaseServer) -> None:
    lacking = replace(WANTED, extensions={"timescaledb": frozenset({"2.11"})})
    with pytest.raises(InconclusiveError, match="lacks timescaledb"):
        pods._insist_on_extensions(primary.connection, lacking)


def test_pods_of_dead_drills_are_found_by_their_label(job: Job) -> None:
    cluster = Memory()
    for age in (timedelta(0), timedelta(days=1)):
        one = Kubernetes(job, new_drill_id(datetime.now(UTC) - age), cluster)
        one.setup(WANTED, superuser="postgres")
    assert pods.remove_dead_in(cluster, job, {}, poll=0.01).well
    assert len(cluster.objects) == len(KINDS)


class Answers(http.server.BaseHTTPRequestHandler):
    """An API server that keeps what it is given."""

    kept: ClassVar[dict[str, Any]] = {}
    seen: ClassVar[list[str]] = []

    def _answer(self, status: int, body: Any) -> None:
        self.seen.append(f"{self.command} {self.path} {self.headers['Authorization']}")
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = f"{self.path}/{body['metadata']['name']}"
        if path in self.kept:
            self._answer(409, {"message": "it already exists"})
        else:
            self.kept[path] = body
            self._answer(201, body)

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if query:
            self._answer(200, {"items": [found for key, found in self.kept.items() if key.startswith(path)]})
        else:
            self._answer(*((200, self.kept[path]) if path in self.kept else (404, {"message": "not found"})))

    def do_DELETE(self) -> None:
        self._answer(200 if self.kept.pop(self.path, None) else 404, {})

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(object_store_server: ObjectStoreServer) -> Iterator[HttpCluster]:
    """The client of an API server with TLS, by the test authority's certificate for localhost."""
    issued = object_store_server.server.authority.issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.cert_file, issued.key_file)
    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    served.socket = context.wrap_socket(served.socket, server_side=True)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield HttpCluster("localhost", served.server_port, "drills", "canary", str(object_store_server.ca_file))
    served.shutdown()
    served.server_close()


def test_the_client_speaks_to_the_api(job: Job, server: HttpCluster) -> None:
    one = driver(job, server)
    one.setup(WANTED, superuser="postgres")
    assert len(list(one.left())) == len(KINDS)
    assert (server.read("pods", one.name) or {})["kind"] == "Pod"
    with pytest.raises(api.ClusterRefused, match="already exists"):
        one.setup(WANTED, superuser="postgres")
    one.teardown()
    assert list(one.left()) == []
    assert server.read("pods", one.name) is None
    assert any(
        "/apis/networking.k8s.io/v1/namespaces/drills/networkpolicies" in line for line in Answers.seen
    )
    assert all(line.endswith("Bearer canary") for line in Answers.seen)
    assert "canary" not in repr(server)
    nobody = replace(server, port=1)
    with pytest.raises(InconclusiveError, match="does not answer"):
        nobody.read("pods", one.name)
