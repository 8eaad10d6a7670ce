"""pgBackRest on the database host: its configuration, its TLS server, the archive command, the stanza."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox import os_user
from sandbox.certificates import Authority
from sandbox.errors import Missing
from sandbox.object_store import REGION, Credentials, StoreServer
from sandbox.ports import HOSTNAME, LOOPBACK
from sandbox.postgresql import SUPERUSER, Cluster

WORKER = "dataops-worker"
"""Common name of the certificate by which Airflow's workers log in to pgBackRest's TLS server."""


@dataclass(frozen=True)
class BackRest:
    """pgBackRest beside one PostgreSQL server, with a repository in each of two buckets."""

    folder: Path
    stanza: str
    port: int
    cluster: Cluster
    store: StoreServer
    user: Credentials
    buckets: tuple[str, str]
    passphrase: str = field(repr=False)

    @property
    def config(self) -> Path:
        """The configuration file; it holds secrets and belongs to PostgreSQL's user."""
        return self.folder / "pgbackrest.conf"

    @property
    def fingerprint(self) -> str:
        """Changes with the configuration."""
        return hashlib.sha256(self._text().encode()).hexdigest()[:16]

    @property
    def command(self) -> list[str]:
        """The TLS server, in the foreground."""
        return [program(), f"--config={self.config}", "server"]

    def archive_command(self, cluster: Cluster) -> str:
        """The ``archive_command`` of this cluster: both may be primary one day."""
        return (
            f'{program()} --config="{self.config}" --stanza={self.stanza}'
            f' --pg1-path="{cluster.data}" archive-push %p'
        )

    def access(self, authority: Authority) -> dict[str, Any]:
        """The ``extra`` of the connection by which a worker reaches this server.

        Its processes for a worker would read the host's configuration file, and lock in the folder that
        all pgBackRests of the host share, were ours not named.
        """
        worker = authority.issue(WORKER)
        return {
            "cert_file": str(worker.cert_file),
            "key_file": str(worker.key_file),
            "ca_file": str(authority.ca_file),
            "config_file": str(self.config),
        }

    def configure(self, authority: Authority) -> None:
        """Write configuration, folders and certificates, all private to PostgreSQL's user."""
        os_user.own_folder(self.folder)
        for name in ("log", "lock", "spool"):
            os_user.own_folder(self.folder / name)
        server = authority.issue("pgbackrest")
        authority.issue(WORKER)
        os_user.own_file(self.folder / "ca.crt", authority.ca_file.read_text())
        os_user.own_file(self.folder / "server.crt", server.cert_file.read_text())
        os_user.own_file(self.folder / "server.key", server.key_file.read_text())
        os_user.own_file(self.config, self._text())

    def create_stanza(self) -> None:
        """Make the stanza in both repositories; harmless where it is there."""
        os_user.run([program(), f"--config={self.config}", f"--stanza={self.stanza}", "stanza-create"])

    def _text(self) -> str:
        lines = ["[global]"]
        for number, bucket in enumerate(self.buckets, 1):
            lines += [f"repo{number}-{name}={value}" for name, value in self._repository(bucket).items()]
        lines += [f"{name}={value}" for name, value in self._options().items()]
        lines += [f"[{self.stanza}]", f"pg1-path={self.cluster.data}", f"pg1-port={self.cluster.port}"]
        lines += [f"pg1-socket-path={self.cluster.sockets}", f"pg1-user={SUPERUSER}"]
        return "\n".join(lines) + "\n"

    def _repository(self, bucket: str) -> dict[str, str | int | Path]:
        return {
            "type": "s3",
            "path": f"/backups/{self.stanza}/repository",
            "s3-bucket": bucket,
            "s3-endpoint": HOSTNAME,
            "s3-region": REGION,
            "s3-uri-style": "path",
            "s3-key": self.user.access_key,
            "s3-key-secret": self.user.secret_key,
            "storage-port": self.store.ports["s3_https"],
            "storage-ca-file": self.folder / "ca.crt",
            "cipher-type": "aes-256-cbc",
            "cipher-pass": self.passphrase,
            "bundle": "y",
            # Our own retention decides; pgBackRest's is out of reach.
            "retention-full": 9999999,
        }

    def _options(self) -> dict[str, str | int | Path]:
        return {
            "expire-auto": "n",
            "archive-async": "y",
            "archive-push-queue-max": "1GiB",
            "compress-type": "zst",
            "process-max": 2,
            "start-fast": "y",
            "log-level-console": "warn",
            "log-level-file": "off",
            "log-path": self.folder / "log",
            "lock-path": self.folder / "lock",
            "spool-path": self.folder / "spool",
            "tls-server-address": LOOPBACK,
            "tls-server-port": self.port,
            "tls-server-ca-file": self.folder / "ca.crt",
            "tls-server-cert-file": self.folder / "server.crt",
            "tls-server-key-file": self.folder / "server.key",
            "tls-server-auth": f"{WORKER}={self.stanza}",
        }


def program() -> str:
    """pgBackRest's program; ``Missing`` where there is none."""
    found = shutil.which("pgbackrest", path=os.environ.get("PATH", os.defpath))
    if not found:
        raise Missing("pgBackRest is missing. Run: make setup")
    return found
