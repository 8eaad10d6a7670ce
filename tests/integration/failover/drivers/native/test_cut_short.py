"""A rejoin that is cut short leaves a node that nobody can start as a primary, and goes on when asked."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from dataops.evidence.verdict import Verdict
from dataops.failover.drivers.native import keeping, rebuilding, rejoining, rewinding
from dataops.failover.drivers.native.driver import NativeDriver
from dataops.failover.hosts.local import LocalHost

from tests.integration.failover.cell import Cell

pytestmark = [
    pytest.mark.torture,
    pytest.mark.skipif(not os.environ.get("DATAOPS_TORTURE"), reason="many rejoins: make torture"),
]


class CutShort(BaseException):
    """The process that did it is gone: nothing catches this, as nothing catches SIGKILL."""


def die(*_: Any, **__: Any) -> Any:
    raise CutShort


def die_before_the_new_directory_gets_its_name(self: LocalHost, old: str, new: str) -> None:
    if old.endswith(".dataops-new"):
        raise CutShort
    _RENAME(self, old, new)


_RENAME = LocalHost.rename
POINTS: list[tuple[str, Any, str, Any, bool]] = [
    ("its own files are kept", keeping, "keep", die, False),
    ("it recovers", rewinding, "recover", die, False),
    ("it is rewound", rewinding, "rewind", die, False),
    ("it gets its name back", rejoining.Rejoining, "_back_in_place", die, False),
    ("it starts", rejoining.Rejoining, "_follows", die, False),
    ("it is rebuilt", rebuilding, "rebuild", die, True),
    ("the new one gets its name", LocalHost, "rename", die_before_the_new_directory_gets_its_name, True),
]


def test_a_rejoin_goes_on_from_wherever_it_was_cut_short(make_cell: Callable[..., Cell]) -> None:
    cell = make_cell()
    (server,) = cell.platform.inventory.servers
    old, new = "alpha", "beta"
    with NativeDriver.of(server, cell.platform.connection) as driver:
        for said, room, name, cut, rebuild in POINTS:
            driver.inject("kill", old)
            assert driver.fence(old).verdict is Verdict.PASSED
            driver.promote(new)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(room, name, cut)
                with pytest.raises(CutShort):
                    driver.rejoin(old, new, rebuild=rebuild)
            assert driver.fence(old).verdict is Verdict.PASSED, said
            assert cell.primaries() == [new], said
            back = driver.rejoin(old, new)
            assert back.how, said
            assert cell.caught_up(old), said
            seen = driver.observe()
            assert seen.node(old).streaming, said
            assert cell.execute(old, "SHOW port") == [(str(cell.cluster(old).port),)], said
            data = cell.cluster(old).data
            left = {each.name for each in data.parent.glob("data.dataops-*")}
            assert not left, (said, left)
            old, new = new, old
