"""What a log tells is found by the right code with the right cause, in each format; health is silent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dataops.inventory import Thresholds
from dataops.performance.finding import Cause, Severity
from dataops.performance.findings import RULES
from dataops.performance.logs.columns import LogKind
from dataops.performance.window import SectionName

from tests.integration.performance.seeds.logged import (
    LOGGED,
    SECRET,
    SEEDS,
    TABLES,
    LogSeed,
    crash,
    logged_night,
)
from tests.integration.performance.seeds.seeded import Bed
from tests.integration.performance.watched import watched

LONG = not os.environ.get("DATAOPS_TORTURE")
FORMATS = (
    "jsonlog",
    "stderr",
    pytest.param("csvlog", marks=[pytest.mark.torture, pytest.mark.skipif(LONG, reason="make torture")]),
)
"""csvlog has the fields of jsonlog; `make torture` goes through it too."""
OF_LOG = {rule.code for rule in RULES if SectionName.LOGS in rule.needs}


@pytest.fixture(scope="module")
def server(start_primary: Callable[..., Any]) -> Any:
    return start_primary("logged", LOGGED)


@pytest.fixture
def bed(server: Any, object_store_server: Any) -> Iterator[Bed]:
    made = Bed(watched(server, object_store_server))
    made.execute(*TABLES)
    yield made
    made.close()


def test_a_healthy_server_has_nothing_in_its_log(bed: Bed) -> None:
    def load(bed: Bed) -> None:
        bed.execute(*[f"UPDATE small SET n = n + 1 WHERE id = {each % 3000}" for each in range(1000)])

    judgement, window = logged_night(bed, [load], [load], thresholds=Thresholds())
    assert window.section(SectionName.LOGS).quality.measurable
    assert not OF_LOG & judgement.blind
    loud = [each for each in judgement.findings if each.severity is not Severity.NOTICE]
    assert [(each.code, each.object, each.sentence) for each in loud] == []


@pytest.mark.parametrize("written_as", FORMATS)
def test_what_the_log_tells_is_found_with_its_cause(bed: Bed, written_as: str) -> None:
    bed.execute(f"ALTER SYSTEM SET log_destination = '{written_as}'", "SELECT pg_reload_conf()")
    judgement, _ = logged_night(
        bed, [seed.act for seed in SEEDS], [seed.usual for seed in SEEDS], written_as=written_as
    )
    assert not [what for seed in SEEDS if (what := seed.missed(judgement.findings))]
    assert not [gap for gap in judgement.gaps if gap.broke]
    assert not [each for each in judgement.findings if SECRET in each.model_dump_json()]


def test_a_crash_is_found_with_its_signal(bed: Bed) -> None:
    bed.execute("ALTER SYSTEM RESET log_destination", "SELECT pg_reload_conf()")
    judgement, window = logged_night(bed, [crash])
    seed = LogSeed(
        "a crash",
        "server-restarted",
        Cause.SERVICE,
        "server crash",
        crash,
        says="signal 9) while executing `select ?`",
    )
    assert not seed.missed(judgement.findings)
    rows = window.section(SectionName.LOGS).totals.to_dicts()
    assert [row["count"] for row in rows if row["kind"] == LogKind.CRASH] == [1]
