"""Scratch servers as pods: an empty PostgreSQL in a namespace, with labels that carry the drill's id.

What is enforced: a network policy without any egress and with ingress from pods of the namespace alone (where
the cluster's network knows policies); a password of the drill's own; no service account token; an emptyDir
that goes with the pod; ``activeDeadlineSeconds``, so that a pod ends also where nobody is left to end it.

``setup``, ``ready`` and ``teardown`` are the driver's steps, for tasks of their own.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from string import Template
from typing import Any

from dataops import postgres
from dataops.backup.catalog import started_at
from dataops.backup.steps import Job
from dataops.connections import Connection
from dataops.drill.scratch.cluster import KINDS, Cluster, cluster_of
from dataops.drill.scratch.local import EMPTY, THROWAWAY
from dataops.drill.scratch.server import Scratch
from dataops.drill.scratch.wanted import Locale, Wanted
from dataops.errors import InconclusiveError
from dataops.evidence.checking import Seen

MANAGED = {"app.kubernetes.io/managed-by": "dataops"}
DRILL, SUBJECT = "dataops/drill-id", "dataops/subject"
PATIENCE = 600.0
"""Seconds until a pod is ready: its image may have to be fetched."""
POLL = 1.0
OWN = "dataops_drill"
DEFAULTS = {"image": "postgres:{major}", "memory": "2Gi", "disk": "50Gi"}
"""What the extra of ``dataops_kubernetes`` may say otherwise."""


@dataclass(frozen=True)
class Kubernetes:
    """The driver ``kubernetes``: see ``dataops.drill.scratch.server.Driver``."""

    job: Job
    drill_id: str
    cluster: Cluster
    extra: Mapping[str, Any] = field(default_factory=dict)
    poll: float = POLL
    patience: float = PATIENCE

    @classmethod
    def of(cls, job: Job, drill_id: str) -> Kubernetes:
        """The driver in the cluster of the connection ``dataops_kubernetes``."""
        cluster, extra = cluster_of(job.platform.resolve)
        return cls(job, drill_id, cluster, extra)

    @property
    def name(self) -> str:
        """Of the pod, its secret and its network policy."""
        return f"dataops-drill-{self.drill_id}".lower()

    @contextmanager
    def empty(self, wanted: Wanted, *, superuser: str) -> Generator[Scratch]:
        """An empty server in a pod, gone when the block ends."""
        try:
            password = self.setup(wanted, superuser=superuser)
            connection = self.ready(superuser=superuser, password=password)
            _insist_on_extensions(connection, wanted)
            yield Scratch(connection=_own_superuser(connection), major=wanted.major)
        finally:
            self.teardown()

    def setup(self, wanted: Wanted, *, superuser: str) -> str:
        """Make secret, network policy and pod; returns the superuser's password, which ``ready`` needs."""
        password = secrets.token_urlsafe(24)
        manifests = self.manifests(wanted, superuser=superuser, password=password)
        for kind in KINDS:
            self.cluster.create(kind, manifests[kind])
        self.job.say(f"Asked Kubernetes for the pod {self.name}.")
        return password

    def ready(self, *, superuser: str, password: str) -> Connection:
        """The server's connection, once its pod takes connections; else ``InconclusiveError``."""
        deadline = time.monotonic() + self.patience
        while True:
            pod = self.cluster.read("pods", self.name) or {}
            status = pod.get("status", {})
            conditions = {each["type"]: each["status"] for each in status.get("conditions", [])}
            if conditions.get("Ready") == "True":
                return Connection(
                    id=self.name,
                    type="postgres",
                    host=str(status["podIP"]),
                    port=5432,
                    login=superuser,
                    password=password,
                    schema="postgres",
                )
            if status.get("phase") in {"Failed", "Succeeded"}:
                raise InconclusiveError(f"The pod {self.name} ended before it was ready: {_why(status)}.")
            if time.monotonic() >= deadline:
                raise InconclusiveError(
                    f"The pod {self.name} was not ready after {self.patience:g} s: {_why(status)}."
                )
            time.sleep(self.poll)

    def teardown(self) -> None:
        """Everything of the drill is deleted; ``left`` says what is still there."""
        deadline = time.monotonic() + self.patience
        for kind in reversed(KINDS):
            self.cluster.delete(kind, self.name)
        while list(self.left()) and time.monotonic() < deadline:
            time.sleep(self.poll)

    def left(self) -> Iterator[str]:
        """What of the drill still exists."""
        for kind in KINDS:
            for found in self.cluster.find(kind, {**MANAGED, DRILL: self.drill_id}):
                yield f"{found['metadata']['name']} of {kind}"

    def manifests(self, wanted: Wanted, *, superuser: str, password: str) -> dict[str, Any]:
        """The objects to make, from the template ``kubernetes.json``: its texts are filled, not its JSON."""
        chosen = {name: str(self.extra.get(name) or default) for name, default in DEFAULTS.items()}
        locale = next(iter(wanted.locales.values()), Locale("UTF8", "C", "C"))
        settings = {**THROWAWAY, **EMPTY, "shared_preload_libraries": ",".join(wanted.preload)}
        values: dict[str, Any] = {
            "name": self.name,
            "subject": self.job.subject.name,
            "drill": self.drill_id,
            "password": password,
            "superuser": superuser,
            "seconds": int(self.job.subject.drill.max_duration.total_seconds()),
            "settings": [word for key, value in settings.items() for word in ("-c", f"{key}={value}")],
            "initdb": f"--no-sync --encoding={locale.encoding} --lc-collate={locale.collate} "
            f"--lc-ctype={locale.ctype}",
            **chosen,
            "image": chosen["image"].format(major=wanted.major),
        }
        template = (files(__package__) / "kubernetes.json").read_text(encoding="utf-8")
        return {kind: _filled(part, values) for kind, part in json.loads(template).items()}


def remove_dead(job: Job) -> Seen:
    """Pods of drills that must be dead, being older than ``max_duration``, are removed."""
    cluster, extra = cluster_of(job.platform.resolve)
    return remove_dead_in(cluster, job, extra)


def remove_dead_in(cluster: Cluster, job: Job, extra: Mapping[str, Any], *, poll: float = POLL) -> Seen:
    """See ``remove_dead``."""
    oldest = datetime.now(UTC) - job.subject.drill.max_duration - timedelta(hours=1)
    labels = {**MANAGED, SUBJECT: job.subject.name}
    found = {str(each["metadata"]["labels"][DRILL]) for kind in KINDS for each in cluster.find(kind, labels)}
    left: list[str] = []
    for drill_id in sorted(each for each in found if started_at(each) < oldest):
        dead = Kubernetes(job, drill_id, cluster, extra, poll=poll)
        dead.teardown()
        left += dead.left()
        job.say(f"Removed {dead.name}: its drill died.")
    return Seen(not left, left, "these could not be removed" if left else "")


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    """A part of the template with every ``$name`` replaced; one that stands alone keeps its value's type."""
    if isinstance(part, dict):
        return {key: _filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, values) for value in part]
    if isinstance(part, str) and part.startswith("$") and part[1:] in values:
        return values[part[1:]]
    return Template(part).substitute(values) if isinstance(part, str) else part


def _why(status: Mapping[str, Any]) -> str:
    """What the pod says of itself, in a few words."""
    states = [each.get("state", {}) for each in status.get("containerStatuses", [])]
    reasons = [
        str(inner.get("reason")) for state in states for inner in state.values() if inner.get("reason")
    ]
    return ", ".join(reasons) or str(status.get("reason") or status.get("phase") or "nothing is known of it")


def _own_superuser(connection: Connection) -> Connection:
    """A superuser of the drill's own: restored roles bring their own passwords, the first superuser too."""
    with (
        closing(postgres.connect(connection, application_name="drill", autocommit=True)) as session,
        postgres.explained("the scratch server"),
        session.cursor() as cursor,
    ):
        cursor.execute(f"CREATE ROLE {OWN} SUPERUSER LOGIN PASSWORD %s", (connection.password,))
    return replace(connection, login=OWN)


def _insist_on_extensions(connection: Connection, wanted: Wanted) -> None:
    """``InconclusiveError`` where the image is of another version, or lacks an extension."""
    with (
        closing(postgres.connect(connection, application_name="drill", autocommit=True)) as session,
        postgres.explained("the scratch server"),
        session.cursor() as cursor,
    ):
        cursor.execute("SELECT name, default_version FROM pg_catalog.pg_available_extensions")
        here = dict(cursor.fetchall())
        major = session.server_version // 10000
    lacking = [
        f"{name} {', '.join(sorted(versions))}"
        for name, versions in wanted.extensions.items()
        if versions != {here.get(name)}
    ]
    if major != wanted.major or lacking:
        raise InconclusiveError(
            f"The image has PostgreSQL {major} and lacks {', '.join(lacking) or 'no extension'}; the backup "
            f"is of {wanted.major}: name another image in the extra of dataops_kubernetes."
        )
