"""Each problem of the catalogue is found on a real server, alone and among all others; health is silent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dataops.inventory import Thresholds
from dataops.performance.finding import Severity

from tests.integration.performance.seeds.catalogue import CATALOGUE, SHARED
from tests.integration.performance.seeds.seeded import SETTINGS, Bed, Seed, missed, night
from tests.integration.performance.watched import watched

LONG = not os.environ.get("DATAOPS_TORTURE")
"""`make test` makes all problems together; `make torture` makes each by itself too."""


@pytest.fixture(scope="module")
def server(start_primary: Callable[..., Any]) -> Any:
    return start_primary("seeded", SETTINGS)


@pytest.fixture(scope="module")
def follower(server: Any, start_standby: Callable[..., Any]) -> Any:
    return start_standby(server, "seeded-standby", SETTINGS)


@pytest.fixture
def bed(
    server: Any, object_store_server: Any, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Bed]]:
    made: list[Bed] = []

    def make(*, standby: bool) -> Bed:
        follower = request.getfixturevalue("follower") if standby else None
        made.append(Bed(watched(server, object_store_server), follower))
        made[-1].execute(*SHARED)
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_healthy_database_under_load_has_no_warning(bed: Callable[..., Bed]) -> None:
    """First of all: the problems below leave old transaction ids behind in the whole server."""

    def load(bed: Bed) -> None:
        statements = [
            f"UPDATE small SET n = n + 1 WHERE id = {each % 3000}; SELECT n FROM small WHERE id = "
            f"{each % 2999}"
            for each in range(1500)
        ]
        bed.execute(*statements)

    calm = Seed(0, "none", "", "", load, usual=load)
    judgement = night(bed(standby=False), [calm], Thresholds())
    loud = [each for each in judgement.findings if each.severity is not Severity.NOTICE]
    assert [(each.code, each.object, each.sentence) for each in loud] == []


@pytest.mark.torture
@pytest.mark.skipif(LONG, reason="make torture")
@pytest.mark.parametrize("seed", CATALOGUE, ids=lambda seed: seed.code)
def test_a_problem_alone_is_found_by_its_code_with_its_cause(seed: Seed, bed: Callable[..., Bed]) -> None:
    assert not missed(night(bed(standby=seed.needs_standby), [seed]), seed)


def test_all_problems_together_are_all_found(bed: Callable[..., Bed]) -> None:
    judgement = night(bed(standby=True), CATALOGUE)
    assert not [what for seed in CATALOGUE if (what := missed(judgement, seed))]
    assert not [gap for gap in judgement.gaps if "broke" in gap.reason]
