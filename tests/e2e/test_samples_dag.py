"""Samples by a real scheduler: a task a server, kept in the store; a database that is gone is red."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Sandbox

DAG = "performance_samples"


@pytest.fixture
def gone(sandbox: Sandbox) -> Iterator[str]:
    """A file that declares a database which is not there."""
    file = sandbox.include / "databases" / "gone.yaml"
    file.write_text("database: gone\nserver: sandbox\nowner: data-platform\ndrill: {enabled: false}\n")
    yield "gone"
    file.unlink()


def test_a_round_keeps_a_sample_of_the_server_and_of_each_database(sandbox: Sandbox) -> None:
    told = sandbox.run(DAG)
    assert (told.state, told.verdict) == ("success", "passed"), told
    assert told.figures["sampling sandbox"]["value"] > 0
    # What a task asks is answered: without any answer a sample is a header of 3 kB.
    assert told.figures["samples of sandbox"]["value"] > 20_000


def test_a_database_that_is_gone_makes_the_round_red_and_keeps_no_other_from_being_sampled(
    sandbox: Sandbox, gone: str
) -> None:
    told = sandbox.run(DAG)
    assert (told.state, told.verdict) == ("failed", "inconclusive"), told
    assert f"databases/{gone}" in told.reason
    assert told.tasks["evidence"] == "success"
    assert told.figures["samples of sandbox"]["value"] > 0
