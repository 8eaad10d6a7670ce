"""``up``: every step as soon as what it needs is ready, with the seconds that each took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox import dotenv
from sandbox.deadline import wait_until
from sandbox.errors import Missing, ServiceFailed
from sandbox.home import Home
from sandbox.platform import PORTS, SandboxPlatform
from sandbox.secret import Secrets
from sandbox.steps import Step, Steps
from sandbox.supervision import Supervisor

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """How a step ended: with an error, or ready after some seconds."""

    name: str
    seconds: float
    error: str = ""


def up(home: Home, say: Say) -> SandboxPlatform:
    """The running platform; harmless where it already runs.

    Raises ``Missing`` where the machine lacks something, ``ServiceFailed`` naming what did not start.
    """
    began = time.monotonic()
    with home.lock(say):
        home.prepare()
        supervisor = Supervisor(home)
        if not supervisor.running:
            supervisor.end_leftovers()
        platform = _platform(home, supervisor, say)
        # What may be failed over at all is named by its system identifier, which stands in the environment.
        if not platform.primary.exists:
            platform.primary.initialise()
        dotenv.write(home.environment, platform.environment())
        steps = Steps(platform).all()
        supervisor.up(step.program for step in steps if step.program)
        _say_what_is_left_out(platform, say)
        outcomes = Run(steps, supervisor, say).all()
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        raise ServiceFailed("\n".join(outcome.error for outcome in failed))
    say(f"The sandbox is up after {time.monotonic() - began:.1f} s. How to reach it: {home.environment}")
    return platform


def _platform(home: Home, supervisor: Supervisor, say: Say) -> SandboxPlatform:
    chosen, lost = home.ports(PORTS, running=supervisor.running)
    if lost:
        say(f"Somebody else took the port of {', '.join(lost)}: chose a new one.")
    return SandboxPlatform(home, chosen, Secrets.load(home.path / "secrets"))


def _say_what_is_left_out(platform: SandboxPlatform, say: Say) -> None:
    try:
        platform.kafka()
    except Missing as missing:
        say(str(missing))


class Run:
    """One start of all steps, each in a thread of its own."""

    def __init__(self, steps: list[Step], supervisor: Supervisor, say: Say) -> None:
        self.steps = steps
        self.supervisor = supervisor
        self.say = say
        self.ended = {step.name: threading.Event() for step in steps}
        self.outcomes: dict[str, Outcome] = {}

    def all(self) -> list[Outcome]:
        """The outcome of every step that could be tried."""
        # Daemons: Ctrl-C ends the waiting at once, and leaves what was started to the supervisor.
        threads = [threading.Thread(target=self._one, args=(step,), daemon=True) for step in self.steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return list(self.outcomes.values())

    def _one(self, step: Step) -> None:
        try:
            for need in step.needs:
                self.ended[need].wait()
            if all(need in self.outcomes and not self.outcomes[need].error for need in step.needs):
                self._do(step)
        finally:
            self.ended[step.name].set()

    def _do(self, step: Step) -> None:
        began = time.monotonic()
        try:
            self._start(step)
        except Exception as error:  # ruff: ignore[blind-except]  # of whatever kind: the step's error, not a lost thread
            self.outcomes[step.name] = Outcome(step.name, time.monotonic() - began, f"{step.name}: {error}")
            self.say(f"  {step.name:<18} failed")
            return
        outcome = Outcome(step.name, time.monotonic() - began)
        self.outcomes[step.name] = outcome
        self.say(f"  {step.name:<18} ready {outcome.seconds:6.1f} s")

    def _start(self, step: Step) -> None:
        program = step.program
        if program is None:
            step.prepare()
            return
        if not self.supervisor.state(program.name).running:
            step.prepare()
            self.supervisor.start(program.name)
        if not wait_until(lambda: self._decided(step), seconds=step.seconds, interval=0.2):
            raise ServiceFailed(f"not ready after {step.seconds:g} s. {self._log(program.name)}")
        step.after()

    def _decided(self, step: Step) -> bool:
        state = self.supervisor.state(step.name)
        if not state.running:
            raise ServiceFailed(f"it ended while starting ({state.description}). {self._log(step.name)}")
        return step.ready(state.started)

    def _log(self, name: str) -> str:
        return f"The end of {self.supervisor.home.log(name)}:\n{self.supervisor.tail(name)}"
