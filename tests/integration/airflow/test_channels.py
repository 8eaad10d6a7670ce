"""The ways out: a real webhook, a real mail server, one of them dead, none at all."""

from __future__ import annotations

import logging

import pytest
from dataops.airflow import notify
from dataops.airflow.message import Message
from dataops.airflow.notify import Notify, Undelivered

from tests.integration.airflow.conftest import MailServer, Webhook

MESSAGE = Message(
    capability="backup",
    subject="orders",
    environment="test",
    owner="data-team",
    verdict="failed",
    reason="verify: <!everyone> {{ macros }} 3 & 4 differ.",
    evidence="http://airflow.test:8080/dataops/evidence/backup/orders/2026/11/23/k/index.html",
    runbook="http://airflow.test:8080/dags/backup__orders",
)


@pytest.fixture
def notifier(monkeypatch: pytest.MonkeyPatch) -> Notify:
    """A notifier that always has this message; where it comes from has its own tests."""
    monkeypatch.setattr(Notify, "message", lambda *_: MESSAGE)
    return Notify(capability="backup", subject="orders", owner="data-team", red=True)


def test_slack_hears_all_a_person_needs(notifier: Notify, webhook: Webhook) -> None:
    notifier({"run_id": "r"})
    (text,) = webhook.texts
    for told in ("orders", "failed", "3 &amp; 4 differ", MESSAGE.evidence, MESSAGE.runbook, "data-team"):
        assert told in text
    assert "&lt;!everyone&gt;" in text
    assert "{{ macros }}" in text


def test_mail_reaches_everybody_it_names(notifier: Notify, mail_server: MailServer) -> None:
    notifier({"run_id": "r"})
    ((recipients, mail),) = mail_server.mails
    assert recipients == ["oncall@example.org", "dba@example.org"]
    assert mail["Subject"] == "backup of orders (test): failed"
    html = mail.get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert f'<a href="{MESSAGE.evidence}">' in html
    assert "&lt;!everyone&gt; {{ macros }} 3 &amp; 4 differ" in html


def test_a_dead_channel_does_not_silence_the_other_and_is_told_without_its_secret(
    notifier: Notify, webhook: Webhook, mail_server: MailServer
) -> None:
    webhook.answer = 500
    with pytest.raises(Undelivered, match="to_slack") as caught:
        notifier({"run_id": "r"})
    assert len(mail_server.mails) == 1
    assert "canary-webhook-secret" not in str(caught.value)


def test_without_a_channel_nobody_is_told_and_the_log_says_it_once(
    notifier: Notify, caplog: pytest.LogCaptureFixture
) -> None:
    notify._say_once.cache_clear()
    with caplog.at_level(logging.WARNING, logger="dataops.airflow.notify"):
        notifier({"run_id": "r"})
        notifier({"run_id": "s"})
    told = [record.getMessage() for record in caplog.records if "nobody is notified" in record.getMessage()]
    assert [line.split(":")[0] for line in told] == [
        "No connection dataops_slack",
        "No connection dataops_smtp",
    ]
