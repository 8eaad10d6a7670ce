"""A task that waits for the yes of somebody else, bound to the hash of the plan that it shows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.exceptions import AirflowSkipException

from dataops.airflow.notify import Asked
from dataops.evidence import approving

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataops.evidence.steps import StepReport

APPROVE, REJECT = "Approve", "Reject"


@dataclass(frozen=True)
class Question:
    """What a person is asked: in full, in Markdown, and in the one sentence of a message."""

    body: str
    sentence: str
    owner: str


class AskSomebodyElse(HITLOperator):
    """Shows a person what is dangerous, and waits; skipped where nobody needs to be asked.

    No lease is held meanwhile, and the next step works the plan's hash out again. Whoever started the run or
    wrote the change cannot approve it, nor can somebody unknown.
    """

    capability: ClassVar[str]

    def __init__(self, *, asked_about: str, response_timeout: timedelta, **kwargs: Any) -> None:
        super().__init__(**{
            "task_id": approving.STEP,
            "options": [APPROVE, REJECT],
            "response_timeout": response_timeout,
            **kwargs,
        })
        self.asked_about = asked_about

    @abstractmethod
    def question(self, context: Context) -> Question:
        """What to ask. ``skip`` or ``refuse`` where there is nothing to be asked, or no use in asking."""

    @abstractmethod
    def plan_hash(self, context: Context) -> str:
        """The hash of what is to be approved."""

    @abstractmethod
    def authors(self) -> Sequence[str]:
        """Who wrote the change, as Git knows it; the form may name another."""

    @abstractmethod
    def leave(self, context: Context, report: StepReport) -> dict[str, Any]:
        """Push the report for the record; what was pushed."""

    def execute(self, context: Context) -> Any:
        """Ask, unless nobody needs to be asked."""
        asked = self.question(context)
        self.body = asked.body
        self.notifiers = [
            Asked(
                capability=self.capability,
                subject=self.asked_about,
                owner=asked.owner,
                question=asked.sentence,
            )
        ]
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """The report of an approval that counts; ``NotApproved`` for every other answer, and for none."""
        if "error" in event:
            self.refuse(context, f"nobody answered in time ({event['error_type']})")
        answered = super().execute_complete(context, event)
        who = dict(answered.get("responded_by_user") or {})
        approver = [str(each) for each in (who.get("id"), who.get("name")) if each]
        if answered["chosen_options"] != [APPROVE]:
            self.refuse(context, f"{approver[-1] if approver else 'somebody'} said no")
        told = context["params"].get("author")
        authors = [str(told)] if told else self.authors()
        if problem := approving.objection(approver, _requesters(context), authors):
            self.refuse(context, problem)
        return self.leave(context, approving.given(self.plan_hash(context), approver[-1]))

    def skip_asking(self, context: Context, reason: str) -> NoReturn:
        """Nobody has to approve: on record, and the task is skipped."""
        self.leave(context, approving.not_needed(reason))
        raise AirflowSkipException(f"Nobody has to approve: {reason}.")

    def refuse(self, context: Context, reason: str) -> NoReturn:
        """There is no approval: on record, and the task fails."""
        self.leave(context, approving.missing(self.plan_hash(context), reason))
        raise approving.NotApproved(f"Not approved: {reason}. Nothing of it was changed.")


def _requesters(context: Context) -> list[str] | None:
    """Who started the run; None where it was a person whom nobody can name, none for the schedule."""
    run: Any = context["dag_run"]
    name = getattr(run, "triggering_user_name", None)
    by_hand = str(getattr(run.run_type, "value", run.run_type)) == "manual"
    return [name] if name else None if by_hand else []
