"""Which processes are the server's, by what the kernel says of them."""

from __future__ import annotations

import pytest
from dataops.failover.hosts.host import HostFailed, Process, from_stat, of_postgresql, postmaster

STAT = "4242 (postgres) S 1 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 200"


def process(pid: int, parent: int = 1, begun: int = 1, state: str = "S") -> Process:
    return Process(pid, parent, state, "postgres: something", begun)


def test_a_line_of_stat_is_a_process() -> None:
    assert from_stat(STAT, "postgres -D /data ") == (
        Process(4242, 1, "S", "postgres -D /data", 98765),
        "postgres",
    )


def test_a_name_with_brackets_and_spaces_does_not_mislead() -> None:
    found = from_stat(STAT.replace("(postgres)", "(odd) name) ()"), "x")
    assert found
    assert found[0].pid == 4242
    assert found[0].parent == 1


def test_a_zombie_is_no_process() -> None:
    assert from_stat(STAT.replace(") S ", ") Z "), "") is None


@pytest.mark.parametrize("line", ["", "4242 (postgres) S 1 4242", "x" + STAT])
def test_a_line_that_nobody_understands_is_not_taken_for_a_dead_process(line: str) -> None:
    with pytest.raises(HostFailed, match="what nobody understands"):
        from_stat(line, "")


def test_what_the_server_started_is_its_own_and_whoever_stands_there_is_not() -> None:
    server, archiver, command, shell, editor = (
        process(10),
        process(11, 10),
        process(12, 11),
        process(20),
        process(21, 20),
    )
    found = of_postgresql([
        (editor, "vim"),
        (shell, "bash"),
        (command, "sh"),
        (archiver, "postgres"),
        (server, "postgres"),
    ])
    assert found == (server, archiver, command)


def test_parents_that_go_round_in_a_circle_end() -> None:
    assert of_postgresql([(process(10, 11), "sh"), (process(11, 10), "sh")]) == ()


def test_the_postmaster_is_the_oldest_without_a_parent_among_them() -> None:
    server, child, orphan = process(10, 1, 5), process(11, 10, 6), process(12, 1, 7)
    assert postmaster([orphan, child, server]) == server
    assert postmaster([]) is None


def test_a_stopped_process_is_said_to_be_stopped() -> None:
    assert process(1, state="T").stopped
    assert not process(1, state="D").stopped
