"""A page reaches a person, or it is said that it did not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence.verdict import Verdict
from dataops.failover.guard import paging
from dataops.failover.guard.paging import PAGERDUTY, Page, Pager, request_of

from sandbox.ports import free_port
from tests.integration.failover.guard.pager import FakePager

PAGE = Page("failover-main-1", "main lost <it>", "Act now & here.", "critical", {"server": "main"})


def resolving(*connections: Connection) -> Callable[[str], Connection]:
    known = {each.id: each for each in connections}

    def resolve(connection_id: str) -> Connection:
        if connection_id not in known:
            raise ConfigurationError(f"no {connection_id}")
        return known[connection_id]

    return resolve


def deliver(*connections: Connection) -> Any:
    return Pager(resolving(*connections), lambda _: None).deliver(PAGE)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "_PAUSE", 0.01)


def test_a_page_arrives_whole_with_its_token(pager: FakePager) -> None:
    extra = {"path": "/hooks/dba", "headers": {"X-Team": "dba"}}
    found = deliver(pager.connection(password="s3cret", extra=extra))
    assert found.verdict is Verdict.PASSED
    ((path, headers, body),) = pager.requests
    assert path == "/hooks/dba"
    assert (headers["Authorization"], headers["X-Team"]) == ("Bearer s3cret", "dba")
    assert body == {
        "key": "failover-main-1",
        "title": "main lost <it>",
        "text": "Act now & here.",
        "severity": "critical",
        "details": {"server": "main"},
    }


def test_pagerduty_gets_its_own_words(pager: FakePager) -> None:
    assert deliver(pager.connection(password="key", extra={"kind": "pagerduty"})).verdict is Verdict.PASSED
    ((_, headers, body),) = pager.requests
    assert "Authorization" not in headers
    assert (body["routing_key"], body["event_action"], body["dedup_key"]) == (
        "key",
        "trigger",
        "failover-main-1",
    )
    assert body["payload"]["severity"] == "critical"
    without_host = Connection(id="dataops_pager", password="key", extra={"kind": "pagerduty"})
    assert request_of(without_host, PAGE).full_url == PAGERDUTY


def test_slack_is_told_too_and_calls_nobody_by_accident(pager: FakePager) -> None:
    slack = pager.connection("dataops_slack", host=f"http://127.0.0.1:{pager.port}", password="T0/B0/x")
    found = deliver(pager.connection(), slack)
    assert [each.name for each in found.parts] == ["dataops_pager", "dataops_slack"]
    path, _, body = pager.requests[1]
    assert path == "/T0/B0/x"
    assert body == {"text": "main lost &lt;it&gt;\nAct now &amp; here.\nserver: main"}


def test_a_pager_that_stumbles_is_asked_again(pager: FakePager) -> None:
    pager.answers += [503, 429]
    assert deliver(pager.connection()).verdict is Verdict.PASSED
    assert len(pager.requests) == 3


def test_one_that_does_not_want_it_is_not_pressed_and_the_check_is_red(pager: FakePager) -> None:
    pager.answers += [403]
    found = deliver(pager.connection(password="s3cret"))
    assert len(pager.requests) == 1
    assert found.verdict is Verdict.FAILED
    assert found.reason == "dataops_pager did not take the page: it answered 403."


def test_a_dead_channel_is_red_and_silences_no_other(pager: FakePager) -> None:
    dead = Connection(
        id="dataops_pager", host="127.0.0.1", port=free_port(), schema="http", password="s3cret"
    )
    slack = pager.connection("dataops_slack", host=f"http://127.0.0.1:{pager.port}")
    found = deliver(dead, slack)
    assert len(pager.requests) == 1
    assert found.verdict is Verdict.FAILED
    assert found.observed == "dataops_slack"
    assert "s3cret" not in str(found)


def test_where_nobody_can_be_paged_that_is_red() -> None:
    found = deliver()
    assert found.verdict is Verdict.FAILED
    assert "There is no connection dataops_pager" in found.reason


@pytest.mark.parametrize(
    ("connection", "wrong"),
    [
        (Connection(id="dataops_pager"), "names no host"),
        (Connection(id="dataops_pager", host="ftp://example.com"), "http or https"),
        (
            Connection(id="dataops_pager", host="h", extra={"kind": "pigeon"}),
            "allowed are json and pagerduty",
        ),
    ],
)
def test_a_connection_that_leads_nowhere_is_said(connection: Connection, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=wrong):
        request_of(connection, PAGE)
    assert wrong in deliver(connection).reason
