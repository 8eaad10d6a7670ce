"""Noticing a lost primary: by its host's word at once, else by new connections that go unanswered."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from dataops.connections import Connection
from dataops.failover.round.detecting import Probe, detect


class GivenUp(Exception):
    """The round was told to end."""


def nothing() -> None:
    """The round may go on."""


@pytest.fixture
def silent() -> Iterator[Connection]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield Connection(id="silent", host="127.0.0.1", port=listening.getsockname()[1], login="x")


def refusing() -> Connection:
    return Connection(id="refusing", host="127.0.0.1", port=1, login="x")


def test_the_hosts_word_is_enough_at_once(silent: Connection) -> None:
    words = iter([False, False, True])
    found = detect(
        dead=lambda: next(words), probe=Probe(silent, patience=60), patience=60, still=nothing, every=0.001
    )
    assert found.why == "its host says that no process of it runs"


def test_silence_is_believed_only_after_patience(silent: Connection) -> None:
    with Probe(silent, patience=0.1, every=0.01) as probe:
        found = detect(dead=lambda: False, probe=probe, patience=0.3, still=nothing)
        assert found.at - probe.answered > 0.3
    assert "no new connection was answered" in found.why


def test_what_the_last_probe_met_is_told() -> None:
    with Probe(refusing(), patience=0.1, every=0.01) as probe:
        found = detect(dead=None, probe=probe, patience=0.2, still=nothing)
    assert "Connection refused" in found.why


def test_a_node_that_answers_is_never_given_up() -> None:
    probe = Probe(refusing(), patience=60)
    looks = 0

    def still() -> None:
        nonlocal looks
        probe.answered = time.monotonic()
        looks += 1
        if looks == 50:
            raise GivenUp

    with pytest.raises(GivenUp):
        detect(dead=lambda: False, probe=probe, patience=0.05, still=still, every=0.001)


def test_a_round_that_must_end_ends_while_it_waits() -> None:
    def still() -> None:
        raise GivenUp

    with pytest.raises(GivenUp):
        detect(dead=lambda: False, probe=Probe(refusing(), patience=60), patience=60, still=still)
