"""Airflow's four services, their configuration, and the little of its REST API that the sandbox needs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox import dotenv
from sandbox.errors import ServiceFailed
from sandbox.home import REPOSITORY
from sandbox.ports import LOOPBACK
from sandbox.postgresql import Cluster
from sandbox.secret import Secrets

ROLES = {"admin": "admin", "approver": "user", "viewer": "viewer"}
PORTS = ("airflow", "airflow_worker_log", "airflow_trigger_log")
PATIENCE = 30
"""Seconds to wait for an answer of the API."""
TRIES = 4

SERVICES = {
    "api-server": None,
    "scheduler": "scheduler",
    "dag-processor": "dag_processor",
    "triggerer": "triggerer",
}
"""Each service, and its name in the answer of Airflow's own health check."""


@dataclass(frozen=True)
class AirflowServer:
    """One Airflow with LocalExecutor and its metadata in PostgreSQL."""

    home: Path
    ports: Mapping[str, int]
    metadata: Cluster
    secrets: Secrets
    variables: Mapping[str, str]

    @property
    def url(self) -> str:
        """The UI's and the REST API's address."""
        return f"http://{LOOPBACK}:{self.ports['airflow']}"

    @property
    def environment(self) -> Path:
        """The file with the whole configuration, as environment variables."""
        return self.home / "environment"

    @property
    def fingerprint(self) -> str:
        """Changes with the configuration and with the code that its services keep in memory."""
        told = json.dumps([self._settings(), [*_files(REPOSITORY / "plugins")]], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def include(self) -> Path:
        """The inventory's folder that this Airflow serves."""
        return Path(self.variables.get("DATAOPS_INCLUDE") or REPOSITORY / "include")

    def command(self, service: str) -> list[str]:
        """The program of one service, in the foreground."""
        # The servers of logs would listen on every interface; here all share one folder of logs anyway.
        options = ["--skip-serve-logs"] if service in {"scheduler", "triggerer"} else []
        return [sys.executable, "-m", "airflow", service, *options]

    def configure(self) -> None:
        """Write configuration and logins."""
        self.home.mkdir(parents=True, exist_ok=True)
        dotenv.write(self.environment, self._settings())
        passwords = self.home / "passwords.json"
        passwords.touch(mode=0o600)
        passwords.write_text(json.dumps({user: getattr(self.secrets, f"{user}_password") for user in ROLES}))

    @property
    def pools(self) -> Path:
        """The file of the pools."""
        return self.include / "infrastructure" / "pools.json"

    def migrate(self) -> None:
        """Make or upgrade the metadata database's tables, and the pools with the slots of their file."""
        self._command("db", "migrate")
        if self.pools.exists():
            # A task whose pool is missing waits for ever, without a word.
            self._command("pools", "import", str(self.pools))

    def _command(self, *arguments: str) -> None:
        finished = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env={**os.environ, **self._settings()},
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode:
            words = (finished.stderr or finished.stdout).strip()[-800:]
            raise ServiceFailed(f"airflow {' '.join(arguments)} failed: {words}")

    def client(self, user: str = "admin") -> AirflowClient:
        """A client of the REST API, logged in on first use."""
        return AirflowClient(self.url, user, getattr(self.secrets, f"{user}_password"))

    def is_ready(self, service: str, since: float) -> bool:
        """Whether the service has answered or given a sign of life since that time (seconds of the epoch)."""
        try:
            health = self.client().get("/api/v2/monitor/health", login=False)
        except (OSError, ServiceFailed):
            return False
        part = SERVICES[service]
        if part is None:
            return True
        heartbeat = health[part].get(f"latest_{part}_heartbeat")
        healthy = health[part]["status"] == "healthy" and heartbeat
        return bool(healthy and datetime.fromisoformat(heartbeat).timestamp() > since)

    def _settings(self) -> dict[str, str]:
        python_path = f"{REPOSITORY / 'plugins'}"
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(Path.home()),
            "AIRFLOW_HOME": str(self.home),
            "PYTHONPATH": python_path,
            "PYTHONUNBUFFERED": "1",
            "GX_ANALYTICS_ENABLED": "false",
            **{f"AIRFLOW__{name}": value for name, value in self._airflow().items()},
            **self.variables,
        }

    def _airflow(self) -> dict[str, str]:
        ports = self.ports
        return {
            "CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
            "CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "8",
            "CORE__FERNET_KEY": self.secrets.fernet_key,
            "CORE__AUTH_MANAGER": (
                "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
            ),
            "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in ROLES.items()),
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "API__HOST": LOOPBACK,
            "API__PORT": str(ports["airflow"]),
            "API__BASE_URL": self.url,
            "API__WORKERS": "1",
            "API__SECRET_KEY": self.secrets.jwt_secret,
            "API_AUTH__JWT_SECRET": self.secrets.jwt_secret,
            "DATABASE__SQL_ALCHEMY_CONN": self.metadata.dsn("airflow").replace(
                "postgresql", "postgresql+psycopg2", 1
            ),
            "LOGGING__WORKER_LOG_SERVER_PORT": str(ports["airflow_worker_log"]),
            "LOGGING__TRIGGER_LOG_SERVER_PORT": str(ports["airflow_trigger_log"]),
            "LOGGING__LOGGING_LEVEL": "INFO",
            # A lost worker is noticed within a minute (the default is five).
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "40",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
            # A host that stalls for half a minute must not make the scheduler disown its live tasks.
            "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "60",
            # By default twenty runs a loop: with two hundred, those that have begun wait behind new ones.
            "SCHEDULER__MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": "100",
            # A file that parses slowly on a busy host must not make all DAGs, and so the backups, vanish.
            "CORE__DAGBAG_IMPORT_TIMEOUT": "120",
            "DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "180",
            "DAG_PROCESSOR__STALE_DAG_THRESHOLD": "180",
            # With 200 subjects a look at their files takes a core ten seconds: by default every 30.
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
            "DAG_PROCESSOR__DAG_VERSION_INFLATION_CHECK_LEVEL": "error",
            "DAG_PROCESSOR__DISABLE_BUNDLE_VERSIONING": "True",
            "DAG_PROCESSOR__REFRESH_INTERVAL": "15",
            "USAGE_DATA_COLLECTION__ENABLED": "False",
        }


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Every Python file below a folder, with its size and when it was changed."""
    for file in sorted(folder.rglob("*.py")):
        status = file.stat()
        yield str(file), status.st_size, status.st_mtime_ns


class NoAnswer(ServiceFailed):
    """Airflow's API did not answer: it is not there, or the host is too busy."""


class AirflowClient:
    """Airflow's REST API for one user."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self._login = {"username": user, "password": password}
        self._token = ""

    def get(self, path: str, *, login: bool = True) -> Any:
        """The answer to GET. Who has logged in asks a busy server again, ``TRIES`` times in all."""
        for _ in range(TRIES - 1 if login else 0):
            try:
                return self.call("GET", path, login=login)
            except NoAnswer:
                continue
        return self.call("GET", path, login=login)

    def call(self, method: str, path: str, body: Any = None, *, login: bool = True) -> Any:
        """The JSON answer; ``ServiceFailed`` with Airflow's words for any other, ``NoAnswer`` for none."""
        if login and not self._token:
            self._token = self._request("POST", "/auth/token", self._login)["access_token"]
        return self._request(method, path, body)

    def _request(self, method: str, path: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            words = error.read().decode(errors="replace")[:400]
            raise ServiceFailed(f"Airflow refused {method} {path}: {error.code} {words}") from error
        except OSError as error:
            raise NoAnswer(
                f"Airflow did not answer {method} {path} within {PATIENCE} s ({error}): "
                "make status shows what runs."
            ) from error
