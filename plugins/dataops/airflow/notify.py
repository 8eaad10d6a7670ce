"""Who must know: Slack and mail on a red run, and once more when it is green again."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier

from dataops.airflow import links, subjects
from dataops.airflow.message import Message
from dataops.airflow.resolve import resolve
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

    from dataops.connections import Connection
    from dataops.evidence.record import Record

log = logging.getLogger(__name__)

SLACK, MAIL = "dataops_slack", "dataops_smtp"
RECOVERED = "recovered"


class Undelivered(DataOpsError):
    """A channel that is configured did not take the message."""


class Notify(BaseNotifier):
    """Tells of a red run, and of the first green one after it, over every channel that has a connection.

    It hangs on the DAG, not on a task, so that a run which timed out or lost its worker is told too; Airflow
    runs it in the DAG processor. It speaks from the evidence, since that is what an auditor will see.
    """

    template_fields = ("capability", "subject")

    def __init__(self, *, capability: str, subject: str) -> None:
        super().__init__()
        self.capability = capability
        self.subject = subject

    def notify(self, context: Context) -> None:
        """Send what there is to say; ``Undelivered`` where a channel fails, after all were tried."""
        message = self.message(context["run_id"], str(context.get("reason") or ""))
        if message is None:
            return
        trouble = [reason for send in (to_slack, to_mail) if (reason := _attempt(send, message))]
        if trouble:
            raise Undelivered("The notification was not delivered: " + " ".join(trouble))

    def message(self, run_id: str, ending: str = "success") -> Message | None:
        """What to say about this run; None for a green one after a green one."""
        try:
            last, before = self._evidence(run_id)
        except DataOpsError as error:
            return self._message(
                Verdict.INCONCLUSIVE, f"The run ended ({ending}); its evidence: {error}", None
            )
        if last is None:
            return self._message(Verdict.INCONCLUSIVE, f"The run ended without evidence ({ending}).", None)
        if last.verdict is not Verdict.PASSED:
            return self._message(last.verdict, last.reason, last)
        if before is None or before.verdict is Verdict.PASSED:
            return None
        return self._message(RECOVERED, f"Passed again; before it was {before.verdict.value}.", last)

    def _evidence(self, run_id: str) -> tuple[Record | None, Record | None]:
        """The newest record of this run, and the one that went before it."""
        from dataops.airflow.history import newest

        found = newest(subjects.platform().store, self.capability, self.subject, count=2)
        last = found[0] if found and found[0].lineage.run_id == run_id else None
        return last, found[1] if len(found) > 1 else None

    def _message(self, verdict: str, reason: str, record: Record | None) -> Message:
        return Message(
            capability=self.capability,
            subject=self.subject,
            environment=subjects.environment(),
            owner=self._owner(),
            verdict=str(verdict),
            reason=reason,
            evidence=links.evidence(record) if record else "none was found",
            runbook=links.runbook(links.dag_id(self.capability, self.subject)),
        )

    def _owner(self) -> str:
        try:
            return subjects.inventory().subject(self.subject).owner
        except DataOpsError:
            return "unknown"


def to_slack(message: Message) -> None:
    """Post to the webhook of ``dataops_slack``, if there is one."""
    if _channel(SLACK) is None:
        return
    from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier

    # notify, not a call: a call would render the text as a template, and reasons hold foreign words.
    SlackWebhookNotifier(slack_webhook_conn_id=SLACK, text=message.text, timeout=15).notify({})


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
