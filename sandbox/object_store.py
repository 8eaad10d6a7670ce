"""The S3 store: SeaweedFS over TLS, with users, versioning and object lock."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops.connections import Connection

from sandbox import children
from sandbox.certificates import Authority
from sandbox.deadline import wait_until
from sandbox.errors import Missing, ServiceFailed
from sandbox.ports import HOSTNAME, LOOPBACK, answers, free_ports

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REGION = "us-east-1"
PORTS = (
    *(f"{part}{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", "_grpc")),
    "s3_https",
)


@dataclass(frozen=True)
class Credentials:
    """An access key, its secret, and what it may do in SeaweedFS's words."""

    name: str
    access_key: str
    secret_key: str = field(repr=False)
    actions: tuple[str, ...] = ("Admin", "Read", "Write", "List", "Tagging")


@dataclass(frozen=True)
class StoreServer:
    """One S3 server on loopback. ``folder`` holds its data, configuration and certificates."""

    folder: Path
    ports: dict[str, int]
    users: tuple[Credentials, ...]

    @property
    def endpoint(self) -> str:
        """Where clients connect, by TLS."""
        return f"https://{HOSTNAME}:{self.ports['s3_https']}"

    @property
    def authority(self) -> Authority:
        """The certificate authority that signed the server's certificate."""
        return Authority(self.folder / "tls")

    @property
    def ca_file(self) -> Path:
        """What clients trust."""
        return self.authority.ca_file

    def configure(self) -> None:
        """Write users and certificates."""
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.authority.issue("store")
        identities = [
            {
                "name": user.name,
                "credentials": [{"accessKey": user.access_key, "secretKey": user.secret_key}],
                "actions": list(user.actions),
            }
            for user in self.users
        ]
        config = self.folder / "users.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps({"identities": identities}))

    @property
    def command(self) -> list[str]:
        """The program that serves the store in the foreground."""
        certificate = self.authority.issue("store")
        options: dict[str, Any] = {
            "dir": self.folder / "data",
            "ip": LOOPBACK,
            "ip.bind": LOOPBACK,
            "master.telemetry": "false",
            "master.electionTimeout": "1s",
            "volume.preStopSeconds": 0,
            "master.volumeSizeLimitMB": 1024,
            "master.port": self.ports["master"],
            "master.port.grpc": self.ports["master_grpc"],
            "volume.max": 2000,
            "volume.port": self.ports["volume"],
            "volume.port.grpc": self.ports["volume_grpc"],
            "filer.port": self.ports["filer"],
            "filer.port.grpc": self.ports["filer_grpc"],
            "filer.localSocket": self.folder / "filer.sock",
            "s3": "true",
            "s3.config": self.folder / "users.json",
            "s3.autoCreateBucket": "false",
            "s3.port": self.ports["s3"],
            "s3.port.grpc": self.ports["s3_grpc"],
            "s3.port.https": self.ports["s3_https"],
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.localSocket": self.folder / "s3.sock",
            "s3.cert.file": certificate.cert_file,
            "s3.key.file": certificate.key_file,
        }
        return [
            str(program()),
            "-logtostderr=true",
            "server",
            *(f"-{name}={value}" for name, value in options.items()),
        ]

    def connection(self, connection_id: str = "dataops_store", user: Credentials | None = None) -> Connection:
        """The connection that a capability uses, as Airflow would hold it."""
        login = user or self.users[0]
        return Connection(
            id=connection_id,
            type="aws",
            login=login.access_key,
            password=login.secret_key,
            extra={
                "endpoint_url": self.endpoint,
                "region_name": REGION,
                "verify": str(self.ca_file),
                "addressing_style": "path",
            },
        )

    def client(self) -> S3Client:
        """boto3's client for the first user."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            verify=str(self.ca_file),
            aws_access_key_id=self.users[0].access_key,
            aws_secret_access_key=self.users[0].secret_key,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 3}),
        )

    def create_bucket(
        self, name: str, *, versioning: bool = True, lock: bool = True, lock_days: int = 0
    ) -> str:
        """A bucket of this name, made where there is none. ``lock_days``: default retention (governance)."""
        client = self.client()
        existing = {bucket.get("Name") for bucket in client.list_buckets()["Buckets"]}
        if name in existing:
            return name
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
        if versioning:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        if lock_days:
            rule: Any = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": lock_days}}
            client.put_object_lock_configuration(
                Bucket=name, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
            )
        return name

    def is_ready(self) -> bool:
        """Whether S3 answers a signed request, and knows where the objects' bytes are."""
        from botocore.exceptions import BotoCoreError, ClientError

        if not answers(self.ports["s3_https"]):
            return False
        try:
            self.client().list_buckets()
        except (BotoCoreError, ClientError):
            return False
        return self._has_volumes()

    def _has_volumes(self) -> bool:
        # After a restart S3 answers seconds before the volumes are found again: reads would fail.
        address = f"http://{LOOPBACK}:{self.ports['master']}/dir/status"
        with suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:
            return bool(json.load(answer)["Topology"].get("DataCenters"))
        return False

    def clear_leftovers(self) -> None:
        """Remove the sockets that a killed store left in /tmp, where SeaweedFS insists on putting them."""
        for part in ("master", "volume", "filer", "s3"):
            Path(f"/tmp/seaweedfs-{part}-grpc-{self.ports[f'{part}_grpc']}.sock").unlink(missing_ok=True)

    def start(self, *, seconds: float = 60) -> subprocess.Popen[bytes]:
        """Serve in the background until the process is stopped, or until this one ends. For tests."""
        self.configure()
        log = self.folder / "log"
        # SeaweedFS may hang on SIGINT when its folder is gone already.
        process = children.start(self.command, log=log, at_parents_death=signal.SIGKILL, cwd=self.folder)
        if not wait_until(self.is_ready, seconds=seconds, interval=0.1):
            children.stop(process)
            raise ServiceFailed(f"The S3 store did not start in {seconds:g} s: {log.read_text()[-1500:]}")
        return process


def choose_ports() -> dict[str, int]:
    """Free ports for a new server, gRPC's too: its default of the port + 10000 may not exist."""
    return free_ports(PORTS)


def program() -> Path:
    """SeaweedFS's program, of this virtual environment or on the path."""
    here = Path(sys.executable).parent / "weed"
    found = here if here.exists() else shutil.which("weed")
    if not found:
        raise Missing("The S3 store is missing: there is no program 'weed'. Run: make setup")
    return Path(found)
