"""Ports are free, different, and kept from start to start."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sandbox import ports
from sandbox.errors import Missing
from sandbox.ports import LOOPBACK, answers, chosen_or_free, free_ports, is_free


def listener() -> socket.socket:
    taken = socket.socket()
    taken.bind((LOOPBACK, 0))
    taken.listen()
    return taken


def test_free_ports_are_free_and_all_different():
    chosen = free_ports([f"service{number}" for number in range(30)])
    assert len(set(chosen.values())) == 30
    assert all(is_free(port) for port in chosen.values())


def test_no_client_leaves_by_a_chosen_port():
    lowest, _ = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    if lowest < 12_000:
        pytest.skip(f"this machine gives its clients every port from {lowest}")
    assert max(free_ports([f"service{number}" for number in range(10)]).values()) < lowest


def test_a_chosen_port_is_nobody_elses():
    chosen = free_ports([f"service{number}" for number in range(10)])
    choosing = (
        f"import secrets; from sandbox import ports; known = iter({list(chosen.values())}); "
        "secrets.choice = lambda among: next(known, among[-1]); print(ports.free_port())"
    )
    found = subprocess.run([sys.executable, "-c", choosing], capture_output=True, text=True, check=True)
    assert int(found.stdout) not in chosen.values()


def test_no_free_port_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(Missing, match=r"No free port was found on 127\.0\.0\.1 from 10240 to \d+: stop what"):
        ports.free_port()


def test_a_port_that_is_listened_on_is_not_free_and_answers():
    with closing(listener()) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert answers(port)
    assert not answers(port)


def test_remembered_ports_are_kept_and_a_lost_one_is_named():
    remembered = free_ports(["primary"])
    with closing(listener()) as taken:
        remembered["store"] = taken.getsockname()[1]
        chosen, lost = chosen_or_free(remembered, ["primary", "store", "kafka"])
    assert lost == ["store"]
    assert chosen["primary"] == remembered["primary"]
    assert chosen["store"] != remembered["store"]
    assert len(set(chosen.values())) == 3
