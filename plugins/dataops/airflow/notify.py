"""Who must know: Slack and mail on a red run, and once more when it is green again."""

from __future__ import annotations

import logging
from functools import cache
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier

from dataops.airflow import links, subjects
from dataops.airflow.message import Message
from dataops.airflow.resolve import resolve
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.verdict import Verdict
from dataops.inventory.location import environment_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

    from dataops.connections import Connection
    from dataops.evidence.chain import Link

log = logging.getLogger(__name__)

SLACK, MAIL = "dataops_slack", "dataops_smtp"
RECOVERED = "recovered"
WAITING = "waits for a person"
LOOK_BACK = 5


class Undelivered(DataOpsError):
    """A channel that is configured did not take the message."""


class Notify(BaseNotifier):
    """Tells of a red run, and of the first green one after it, over every channel that has a connection.

    It hangs on the DAG, not on a task, so that a run which timed out or lost its worker is told too; Airflow
    runs it in the DAG processor. It speaks from the evidence, since that is what an auditor will see.
    """

    template_fields = ("capability", "subject", "owner")

    def __init__(self, *, capability: str, subject: str, owner: str, red: bool) -> None:
        super().__init__()
        self.capability = capability
        self.subject = subject
        self.owner = owner
        self.red = red

    def notify(self, context: Context) -> None:
        """Send what there is to say; ``Undelivered`` where a channel fails, after all were tried."""
        message = self.message(context["run_id"], str(context.get("reason") or "no reason given"))
        if message is None:
            return
        trouble = [reason for send in (to_slack, to_mail) if (reason := _attempt(send, message))]
        if trouble:
            raise Undelivered("The notification was not delivered: " + " ".join(trouble))

    def message(self, run_id: str, ending: str) -> Message | None:
        """What to say about this run, which Airflow says ended so; None where there is no news."""
        try:
            last, before = self._evidence(run_id)
        except DataOpsError as error:
            last, before, ending = None, None, f"{ending}; its evidence cannot be read: {error}"
        if self.red:
            return self._red(last, ending)
        if last is None or before is None or before.verdict is Verdict.PASSED:
            return None
        return self._message(RECOVERED, f"Passed again; before it was {before.verdict.value}.", last)

    def _red(self, last: Link | None, ending: str) -> Message:
        if last is None:
            return self._message(Verdict.INCONCLUSIVE, f"The run left no evidence ({ending}).", None)
        if last.verdict is Verdict.PASSED:
            reason = f"Its evidence says passed, but Airflow ended the run as failed ({ending})."
            return self._message(Verdict.INCONCLUSIVE, reason, last)
        return self._message(last.verdict, last.reason, last)

    def _evidence(self, run_id: str) -> tuple[Link | None, Link | None]:
        """This run's place in the chain, and the one before it; others may have added newer ones since."""
        from dataops.evidence import chain, listing

        store = subjects.platform().store
        found = [*islice(chain.newest(store, self.capability, self.subject), LOOK_BACK), None]
        for link, before in pairwise(found):
            if link and listing.show(store, link.key).lineage.run_id == run_id:
                return link, before
        return None, None

    def _message(self, verdict: str, reason: str, link: Link | None) -> Message:
        return Message(
            capability=self.capability,
            subject=self.subject,
            environment=environment_name(),
            owner=self.owner,
            verdict=str(verdict),
            reason=reason,
            evidence=links.page(link.page_key) if link else "none was found",
            runbook=links.runbook(links.dag_id(self.capability, self.subject)),
        )


class Asked(BaseNotifier):
    """Tells over every channel that has a connection that a run waits for a person, and where to answer."""

    template_fields = ()

    def __init__(self, *, capability: str, subject: str, owner: str, question: str) -> None:
        super().__init__()
        self.capability = capability
        self.subject = subject
        self.owner = owner
        self.question = question

    def notify(self, context: Context) -> None:
        """Send it. Where a channel fails the question stands in Airflow all the same."""
        dag_id = context["dag"].dag_id
        message = Message(
            capability=self.capability,
            subject=self.subject,
            environment=environment_name(),
            owner=self.owner,
            verdict=WAITING,
            reason=self.question,
            evidence=links.required_action(dag_id, context["run_id"], context["ti"].task_id),
            runbook=links.runbook(dag_id),
        )
        for send in (to_slack, to_mail):
            if trouble := _attempt(send, message):
                log.warning("Nobody was told that the run waits: %s", trouble)


def to_slack(message: Message) -> None:
    """Post to the webhook of ``dataops_slack``, if there is one."""
    if _channel(SLACK) is None:
        return
    from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier

    # notify, not a call: a call would render the text as a template, and reasons hold foreign words.
    SlackWebhookNotifier(slack_webhook_conn_id=SLACK, text=message.text, timeout=15).notify({})  # type: ignore[no-untyped-call]


def to_mail(message: Message) -> None:
    """Send a mail over ``dataops_smtp``, if there is one, to the addresses in its extra field ``to``."""
    connection = _channel(MAIL)
    if connection is None:
        return
    if not connection.extra.get("to"):
        raise ConfigurationError(f"The connection {MAIL} names nobody: add the field `to` to its extra.")
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    SmtpNotifier(
        smtp_conn_id=MAIL, to=connection.extra["to"], subject=message.title, html_content=message.html
    ).notify({})


def _attempt(send: Callable[[Message], None], message: Message) -> str:
    """Why the message could not be sent; empty where it was. One dead channel must not silence the other."""
    try:
        send(message)
    except Exception as error:  # ruff: ignore[blind-except] - whatever a provider raises
        return (
            f"{send.__name__}: {error}"
            if isinstance(error, DataOpsError)
            else f"{send.__name__}: {_kind(error)}"
        )
    return ""


def _kind(error: Exception) -> str:
    """The error without its text, which may hold the webhook's address, and that is its secret."""
    return f"{type(error).__name__}."


def _channel(connection_id: str) -> Connection | None:
    try:
        return resolve(connection_id)
    except ConfigurationError:
        _say_once(connection_id)
        return None


@cache
def _say_once(connection_id: str) -> None:
    log.warning("No connection %s: nobody is notified that way.", connection_id)
