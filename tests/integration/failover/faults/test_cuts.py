"""nft understands the rules of every cut, for nodes on machines of their own too."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import get_args

import pytest
from dataops.failover.faults.cuts import Rules, Whom, rules, ruleset, shared_rules, table_of

from tests.unit.failover.faults.test_cuts import ALPHA, BETA, member

NFT = shutil.which("nft", path=f"{os.defpath}:/usr/sbin:/sbin")
SIXTH = member("node-6", "fd00::3")


def understood(text: str) -> None:
    """``nft --check`` reads it all and changes nothing."""
    if NFT is None:
        pytest.fail("There is no nft on this machine: run make setup")
    finished = subprocess.run(
        [NFT, "--check", "-f", "-"], input=text, capture_output=True, text=True, check=False
    )
    if "Operation not permitted" in finished.stderr and os.geteuid() != 0:
        pytest.skip("nft needs root even to check.")
    assert finished.returncode == 0, f"{finished.stderr}\n{text}"


@pytest.mark.parametrize("whom", get_args(Whom))
def test_rules_for_machines_of_their_own(whom: Whom) -> None:
    for others in ([BETA], [SIXTH], [BETA, SIXTH]):
        understood(ruleset(table_of(ALPHA), rules(whom, ALPHA, others)))
    understood(ruleset(table_of(SIXTH), rules(whom, SIXTH, [ALPHA, BETA])))


@pytest.mark.parametrize("whom", get_args(Whom))
def test_rules_for_one_machine(whom: Whom) -> None:
    for ports in ({}, {"alpha": (40001,), "node-6": (40002, 40003)}):
        understood(ruleset(table_of(SIXTH), shared_rules(whom, [ALPHA, SIXTH], 101, ports)))


def test_a_table_without_rules_is_one_too() -> None:
    understood(ruleset(table_of(ALPHA), Rules((), ())))
