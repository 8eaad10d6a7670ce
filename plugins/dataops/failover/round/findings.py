"""What a round found, gathered as it goes on: checks, figures, artifacts, and when each part of it ran."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import JsonValue

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.steps import Say, first_red
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict, overall

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """One part of the round and when it ran, UTC."""

    name: str
    started: datetime
    finished: datetime
    verdict: Verdict

    def to_json(self) -> dict[str, JsonValue]:
        """As it travels to the record."""
        return {
            "name": self.name,
            "started": self.started.isoformat(),
            "finished": self.finished.isoformat(),
            "verdict": self.verdict.value,
        }


@dataclass
class Findings:
    """Grows while the round goes on; nothing that was found is taken back."""

    say: Say
    checks: list[Check] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    data: dict[str, JsonValue] = field(default_factory=dict)
    programs: dict[str, str] = field(default_factory=dict)

    def add(self, *checks: Check) -> None:
        """More checks, each told in a line."""
        for each in checks:
            self.checks.append(each)
            self.say(_line(each))

    def measure(self, name: str, value: float | None, unit: str) -> None:
        """One more figure, where it could be measured."""
        if value is not None:
            self.figures.append(Figure(name=name, value=round(value, 4), unit=unit))

    def ask(self, name: str, question: Callable[[], Check | Iterable[Check]], *, expected: str = "") -> None:
        """The answer of a check that may be unable to run: then it stands there as inconclusive, by name.

        No question ends a round, whatever it meets; the text of an error that nobody foresaw is withheld.
        """
        begun = time.monotonic()
        try:
            answer = question()
            checks = (answer,) if isinstance(answer, Check) else tuple(answer)
        except Exception as error:
            foreseen = isinstance(error, DataOpsError)
            if not foreseen:
                log.exception("The check %s broke", name)
            checks = (
                Check(
                    name=name,
                    verdict=Verdict.INCONCLUSIVE,
                    expected=expected or None,
                    reason=f"could not run: {error if foreseen else type(error).__name__ + ': see the log'}",
                    seconds=round(time.monotonic() - begun, 3),
                ),
            )
        self.add(*checks)

    @contextmanager
    def part(self, name: str) -> Generator[None]:
        """A part of the round: its times and its checks' verdict, also where it is cut short."""
        started, before = datetime.now(UTC), len(self.checks)
        self.say(f"{name} …")
        broken: Verdict | None = None
        try:
            yield
        except BaseException as error:
            unknown = isinstance(error, InconclusiveError) or not isinstance(error, DataOpsError)
            broken = Verdict.INCONCLUSIVE if unknown else Verdict.FAILED
            raise
        finally:
            self.parts.append(
                Part(name, started, datetime.now(UTC), broken or verdict_of(self.checks[before:]))
            )

    @property
    def red(self) -> Check | None:
        """The first red check, a failed one before an inconclusive one."""
        return first_red(self.checks)


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """What the checks of a part say together; not applicable where none was asked."""
    applicable = [each for each in checks if each.verdict is not Verdict.NOT_APPLICABLE]
    return overall(applicable) if applicable else Verdict.NOT_APPLICABLE


def _line(check: Check) -> str:
    told = check.reason or check.observed
    return f"{check.verdict.value}: {check.name}" + (f": {told}" if told else "")
