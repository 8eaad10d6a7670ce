"""The supervisor of the sandbox's services: supervisord, spoken to over its own socket."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sandbox import children, os_user, processes
from sandbox.deadline import wait_until
from sandbox.errors import ServiceFailed
from sandbox.home import Home

MARK = "SANDBOX_SERVICE_OF"
"""Environment variable by which the processes of a sandbox are known."""
TAIL = 2000


@dataclass(frozen=True)
class Program:
    """What the supervisor runs. ``environment``: a dotenv file that the program's shell reads first."""

    name: str
    command: list[str]
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: int = 20
    environment: Path | None = None
    fingerprint: str = ""
    """Changes when the program must be restarted to take notice, though its command stays the same."""


@dataclass(frozen=True)
class State:
    """What the supervisor knows of a program. ``started`` is in seconds of the epoch."""

    name: str
    running: bool
    pid: int
    started: float
    description: str


class Supervisor:
    """supervisord of one sandbox."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.config = home.run / "supervisord.conf"

    @property
    def _socket(self) -> Path:
        return self.home.private / "supervisor.sock"

    @property
    def _folder(self) -> Path:
        """The current folder of all services and of what they start: a second mark."""
        return self.home.private / "services"

    @property
    def _rpc(self) -> Any:
        from supervisor.xmlrpc import SupervisorTransport  # type: ignore[import-untyped]

        transport = cast("xmlrpc.client.Transport", SupervisorTransport(None, None, f"unix://{self._socket}"))
        return xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor

    @property
    def running(self) -> bool:
        """Whether supervisord answers."""
        with suppress(OSError, xmlrpc.client.Error):
            return bool(self._rpc.getState()["statename"] == "RUNNING")
        return False

    def up(self, programs: Iterable[Program]) -> None:
        """Run supervisord with these programs, none of them started; a changed program is stopped."""
        os_user.own_folder(self._folder)
        self._write(list(programs))
        if self.running:
            self._reload()
            return
        self._socket.unlink(missing_ok=True)
        finished = subprocess.run(
            [str(Path(sys.executable).parent / "supervisord"), "-c", str(self.config)],
            env={**_plain_environment(), MARK: str(self.home.path)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode or not wait_until(lambda: self.running, seconds=10):
            raise ServiceFailed(
                f"The supervisor did not start: {(finished.stderr or finished.stdout)[-500:]}"
            )

    def start(self, name: str) -> None:
        """Start a program unless it runs."""
        with suppress(xmlrpc.client.Fault):
            self._rpc.startProcess(name, False)

    def stop(self, name: str) -> None:
        """Begin to stop a program; see ``state`` for when it has ended. Nothing where supervisord is gone."""
        with suppress(OSError, xmlrpc.client.Fault):
            self._rpc.stopProcess(name, False)

    def states(self) -> dict[str, State]:
        """The state of every program; empty where supervisord does not run."""
        try:
            known = self._rpc.getAllProcessInfo()
        except (OSError, xmlrpc.client.Error):
            return {}
        return {
            info["name"]: State(
                info["name"],
                info["statename"] in {"STARTING", "RUNNING", "STOPPING"},
                info["pid"],
                float(info["start"]),
                info["description"],
            )
            for info in known
        }

    def state(self, name: str) -> State:
        """The state of one program."""
        return self.states().get(name) or State(name, False, 0, 0.0, "the supervisor does not run")

    def tail(self, name: str) -> str:
        """The end of a service's log, cut at a line."""
        log = self.home.log(name)
        text = log.read_bytes()[-TAIL:].decode(errors="replace") if log.exists() else ""
        return text.partition("\n")[2] if len(text) >= TAIL else text

    def shutdown(self) -> None:
        """Stop whatever still runs, and supervisord itself."""
        pid_file = self.home.run / "supervisord.pid"
        with suppress(OSError, xmlrpc.client.Error):
            pid = self._rpc.getPID()
            self._rpc.shutdown()
            wait_until(lambda: not Path(f"/proc/{pid}").exists(), seconds=30)
        self._socket.unlink(missing_ok=True)
        pid_file.unlink(missing_ok=True)

    def leftovers(self) -> list[int]:
        """Processes of this sandbox that nobody supervises (any more)."""
        marked = processes.with_variable(MARK, str(self.home.path))
        return sorted({*marked, *processes.in_folder(self._folder)})

    def end_leftovers(self) -> None:
        """End them: politely, after some seconds by force."""
        for number, seconds in ((signal.SIGTERM, 8), (signal.SIGKILL, 8)):
            for pid in self.leftovers():
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            if wait_until(lambda: not self.leftovers(), seconds=seconds, interval=0.2):
                return

    def _reload(self) -> None:
        added, changed, removed = self._rpc.reloadConfig()[0]
        for name in (*changed, *removed):
            self._rpc.stopProcessGroup(name)
            self._rpc.removeProcessGroup(name)
        for name in (*added, *changed):
            self._rpc.addProcessGroup(name)

    def _write(self, programs: list[Program]) -> None:
        user = "user=root\n" if os.getuid() == 0 else ""
        text = (
            f"[unix_http_server]\nfile={_escaped(self._socket)}\nchmod=0700\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[supervisord]\nlogfile={_escaped(self.home.log('supervisord'))}\nloglevel=info\n{user}"
            f"pidfile={_escaped(self.home.run / 'supervisord.pid')}\nchildlogdir={_escaped(self.home.logs)}\n"
            f"[supervisorctl]\nserverurl=unix://{_escaped(self._socket)}\n"
        )
        self.config.touch(mode=0o600)
        self.config.write_text(text + "".join(map(self._section, programs)))

    def _section(self, program: Program) -> str:
        # When supervisord is killed, the kernel tells its children.
        command = children.tethered(program.command, program.stop_signal)
        if program.environment:
            command = ["/bin/sh", "-c", 'set -a; . "$0"; exec "$@"', str(program.environment), *command]
        lines = {
            "command": _escaped(shlex.join(command)),
            "directory": _escaped(self._folder),
            "environment": f'SANDBOX_FINGERPRINT="{program.fingerprint}"',
            "autostart": "false",
            # A service that dies is shown, not hidden by a restart.
            "autorestart": "false",
            "startsecs": "0",
            "stopsignal": program.stop_signal.name.removeprefix("SIG"),
            "stopwaitsecs": str(program.stop_seconds),
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": _escaped(self.home.log(program.name)),
            "stdout_logfile_maxbytes": "50MB",
            "stdout_logfile_backups": "1",
            **({"user": program.user} if program.user and os.getuid() == 0 else {}),
        }
        return f"[program:{program.name}]\n" + "".join(f"{name}={value}\n" for name, value in lines.items())


def _escaped(value: object) -> str:
    return str(value).replace("%", "%%")


def _plain_environment() -> dict[str, str]:
    kept = ("PATH", "HOME", "TZ", "TMPDIR", "SSL_CERT_FILE", "KAFKA_HOME", "JAVA_HOME")
    return {"LC_ALL": "C.UTF-8", **{name: os.environ[name] for name in kept if name in os.environ}}
