"""The ledger is believed only where it is exactly what the canary told: every change of it is seen."""

from __future__ import annotations

import json

import pytest
from dataops.failover.canary.chain import BEGINNING, Head, next_chain
from dataops.failover.canary.errors import LedgerUntrusted
from dataops.failover.canary.ledger import verified
from dataops.failover.canary.write import Outcome
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.failover.canary.builders import RUN, file_of


def begin(name: str = "writer-1", **about: object) -> dict[str, object]:
    return {"kind": "begin", "run": RUN, "name": name, "session": 1, **about}


def entry(n: int, outcome: str = "acknowledged", **more: object) -> dict[str, object]:
    told = {
        "kind": "write",
        "session": 1,
        "n": n,
        "outcome": outcome,
        "sent": n,
        "answered": n + 0.5,
        "wall": "w",
    }
    return {**told, "id": 100 + n, **more}


END = {"kind": "end", "entries": 3}
CONTENT, HEAD = file_of(begin(), entry(1), entry(2, "unknown"), entry(3), END)
LINES = CONTENT.splitlines(keepends=True)


def rewritten(lines: list[bytes]) -> bytes:
    """The lines bound anew, as somebody would who knows how it is done."""
    chain, made = BEGINNING, []
    for line in lines:
        body = line.partition(b" ")[2].rstrip(b"\n")
        chain = next_chain(chain, body)
        made.append(chain.encode() + b" " + body + b"\n")
    return b"".join(made)


def test_an_honest_ledger_is_read() -> None:
    found = verified({"writer-1": CONTENT}, {"writer-1": HEAD})
    assert (found.run, found.ended, found.heads) == (RUN, True, {"writer-1": HEAD})
    assert [(each.n, each.outcome, each.id) for each in found.sessions[1]] == [
        (1, Outcome.ACKNOWLEDGED, 101),
        (2, Outcome.UNKNOWN, 102),
        (3, Outcome.ACKNOWLEDGED, 103),
    ]


def test_a_ledger_may_be_longer_than_what_was_told_and_end_in_half_a_line() -> None:
    told = Head(2, LINES[1].partition(b" ")[0].decode())
    found = verified({"writer-1": b"".join(LINES[:4]) + LINES[4][:30]}, {"writer-1": told})
    assert len(found.sessions[1]) == 3
    assert not found.ended


@pytest.mark.parametrize("at", range(len(LINES)))
def test_a_line_taken_away_is_seen(at: int) -> None:
    left = LINES[:at] + LINES[at + 1 :]
    for content in (b"".join(left), rewritten(left)):
        with pytest.raises(LedgerUntrusted):
            verified({"writer-1": content}, {"writer-1": HEAD})


@pytest.mark.parametrize("at", range(1, 4))
def test_a_write_made_from_acknowledged_to_failed_is_seen(at: int) -> None:
    changed = [*LINES]
    changed[at] = changed[at].replace(b'"acknowledged"', b'"failed"').replace(b'"unknown"', b'"failed"')
    for content in (b"".join(changed), rewritten(changed)):
        with pytest.raises(LedgerUntrusted):
            verified({"writer-1": content}, {"writer-1": HEAD})


@given(st.integers(0, len(CONTENT) - 1), st.integers(0, 255))
def test_any_other_byte_is_seen(at: int, byte: int) -> None:
    changed = bytearray(CONTENT)
    if changed[at] == byte:
        return
    changed[at] = byte
    with pytest.raises(LedgerUntrusted):
        verified({"writer-1": bytes(changed)}, {"writer-1": HEAD})


@given(st.integers(0, len(CONTENT) - 1))
def test_an_end_that_is_missing_is_seen(length: int) -> None:
    with pytest.raises(LedgerUntrusted):
        verified({"writer-1": CONTENT[:length]}, {"writer-1": HEAD})


def test_lines_added_after_the_end_are_seen() -> None:
    content, _ = file_of(begin(), entry(1), entry(2, "unknown"), entry(3), END, entry(4))
    with pytest.raises(LedgerUntrusted, match="neither writes nor looks"):
        verified({"writer-1": content}, {"writer-1": HEAD})


@pytest.mark.parametrize("files", [{}, {"writer-1": CONTENT, "writer-2": CONTENT}, {"writer-2": CONTENT}])
def test_a_file_too_few_or_too_many_is_seen(files: dict[str, bytes]) -> None:
    with pytest.raises(LedgerUntrusted, match=r"missing or was added"):
        verified(files, {"writer-1": HEAD})


def test_without_heads_nobody_vouches_for_it() -> None:
    with pytest.raises(LedgerUntrusted, match="told nothing"):
        verified({"writer-1": CONTENT}, {})


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([begin("writer-2"), entry(1)], "does not begin"),
        ([entry(1)], "does not begin"),
        ([begin(), entry(2)], "lacks number 1"),
        ([begin(), entry(1), entry(1)], "lacks number 2"),
        ([begin(), entry(1), entry(2, sent=1.0)], "before it was sent"),
        ([begin(), entry(1, answered=0.0)], "before it was sent"),
        ([begin(), entry(1, outcome="perhaps")], "cannot be read"),
        ([begin(), {"kind": "write", "n": 1}], "cannot be read"),
        ([begin(), {"n": 1}], "cannot be read"),
        ([begin(), {"kind": "note", "n": 1}], "neither writes nor looks"),
    ],
)
def test_what_no_canary_writes_is_not_believed(entries: list[dict[str, object]], says: str) -> None:
    content, head = file_of(*entries)
    with pytest.raises(LedgerUntrusted, match=says):
        verified({"writer-1": content}, {"writer-1": head})


def test_files_of_two_runs_are_not_one_ledger() -> None:
    first, one = file_of(begin())
    second, two = file_of({**begin("writer-2"), "session": 2, "run": "another"})
    with pytest.raises(LedgerUntrusted, match="several runs"):
        verified({"writer-1": first, "writer-2": second}, {"writer-1": one, "writer-2": two})


def test_the_hash_is_over_the_very_bytes() -> None:
    hash_, _, body = LINES[0].rstrip(b"\n").partition(b" ")
    assert next_chain(BEGINNING, body) == hash_.decode()
    assert json.loads(body)["kind"] == "begin"
