"""The steps of a run and what each leaves behind, also a red one: small values that travel between tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.record import Step
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict, overall

Say = Callable[[str], None]
"""Where a step tells what it does, one line with figures at a time."""


class StepReport(BaseModel):
    """What one step did. JSON of a few kilobytes: it travels between tasks as XCom.

    ``data`` holds what later steps need: keys, hashes and counts, never rows, plans or secrets.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: str
    started: datetime
    finished: datetime
    checks: tuple[Check, ...] = ()
    figures: tuple[Figure, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    programs: Mapping[str, str] = Field(default_factory=dict)
    data: Mapping[str, JsonValue] = Field(default_factory=dict)

    @property
    def red(self) -> Check | None:
        """The first check that is red, a failed one before an inconclusive one."""
        return first_red(self.checks)


class NotPassed(DataOpsError):
    """A check was red. The next steps must not build on it, and another try would not change it."""


def broken(step: str, started: datetime, error: BaseException) -> StepReport:
    """The report of a step that could not go on: one red check with the reason.

    What the step was to find out stays unknown where the error says so, or where nobody foresaw it; such an
    error's text is withheld, since nobody vouches that it holds no secret.
    """
    foreseen = isinstance(error, DataOpsError)
    unknown = isinstance(error, InconclusiveError) or not foreseen
    now = datetime.now(UTC)
    return StepReport(
        step=step,
        started=started,
        finished=now,
        checks=(
            Check(
                name=step,
                verdict=Verdict.INCONCLUSIVE if unknown else Verdict.FAILED,
                reason=str(error) if foreseen else f"{type(error).__name__}: see the log of {step}",
                seconds=round((now - started).total_seconds(), 3),
            ),
        ),
    )


def unfinished(step: str, *, after: str | None) -> StepReport:
    """The report in place of one that never came: inconclusive, since nobody knows what it would say."""
    reason = f"not started, because {after} was red" if after else "did not finish: killed, lost or timed out"
    now = datetime.now(UTC)
    check = Check(name=step, verdict=Verdict.INCONCLUSIVE, reason=reason)
    return StepReport(step=step, started=now, finished=now, checks=(check,))


def run_steps(
    actions: Mapping[str, Callable[[Mapping[str, StepReport]], StepReport]], say: Say
) -> tuple[list[StepReport], BaseException | None]:
    """One report a step, in order, and what stopped them: an interruption too is put on record first.

    Each action is given the reports so far. A step behind a red one is not reached: inconclusive.
    """
    done: dict[str, StepReport] = {}
    stopped: BaseException | None = None
    for name, action in actions.items():
        started = datetime.now(UTC)
        say(f"{name} …")
        try:
            done[name] = action(done)
        except BaseException as error:  # ruff: ignore[blind-except] an interruption is put on record too
            done[name], stopped = broken(name, started, error), error
        if stopped is not None or first_red(done[name].checks):
            break
    last = list(done)[-1]
    return [done[name] if name in done else unfinished(name, after=last) for name in actions], stopped


def first_red(checks: Iterable[Check]) -> Check | None:
    """The first check that is neither passed nor not applicable, a failed one before an inconclusive one."""
    red = [check for check in checks if check.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}]
    failed = [check for check in red if check.verdict is Verdict.FAILED]
    return next(iter(failed + red), None)


def insist(report: StepReport) -> None:
    """Raises ``NotPassed`` where a check of the report is red, naming it and its reason."""
    red = first_red(report.checks)
    if red is not None:
        raise NotPassed(f"{report.step}: {red.name} is {red.verdict.value}: {red.reason or _contrast(red)}.")


def _contrast(check: Check) -> str:
    return f"expected {check.expected!r}, observed {check.observed!r}"


def steps_of(reports: Sequence[StepReport]) -> tuple[Step, ...]:
    """What a record keeps of the steps: when each ran, and what its checks say together."""
    return tuple(
        Step(
            name=report.step,
            started=report.started,
            finished=report.finished,
            verdict=_verdict(report.checks),
        )
        for report in reports
    )


def _verdict(checks: Sequence[Check]) -> Verdict:
    """Work that nothing is to be judged of, like copying or a step with nothing to do: not applicable."""
    applicable = [check for check in checks if check.verdict is not Verdict.NOT_APPLICABLE]
    return overall(applicable) if applicable else Verdict.NOT_APPLICABLE
