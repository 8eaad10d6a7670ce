"""The library of faults: many, distinct, each with the check that is there for it."""

from __future__ import annotations

from collections import Counter
from string import Template

import pytest
from dataops.drill.checks.registry import registered
from dataops.drill.rehearsal.fault import Family, Kind, Sql
from dataops.drill.rehearsal.library import FAULTS, chosen
from dataops.errors import ConfigurationError

STEPS = {"prepare", "drill", "keys", "store", "programs", "match", "disk", "boundary"}
"""What a whole drill's lines are named after, beside the registered checks."""


def test_there_are_at_least_sixty_distinct_faults_for_each_method() -> None:
    for method in ("logical", "physical"):
        titles = [fault.title for fault in FAULTS if method in fault.methods]
        assert len(set(titles)) == len(titles) >= 60


def test_no_two_faults_do_the_same() -> None:
    statements = Counter((fault.how.do, fault.how.find) for fault in FAULTS if isinstance(fault.how, Sql))
    assert [each for each, count in statements.items() if count > 1] == []


def test_every_family_has_faults() -> None:
    assert {fault.family for fault in FAULTS} == set(Family)


def test_every_fault_that_not_all_methods_can_have_says_why() -> None:
    assert [fault.title for fault in FAULTS if len(fault.methods) == 1 and not fault.why_not] == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.title)
def test_a_fault_names_a_check_that_there_is(fault: object) -> None:
    assert hasattr(fault, "seen_by") and hasattr(fault, "family")
    if fault.family is Family.PROCESS and not fault.seen_by:
        return  # every check that it keeps from running
    known = {one.name for one in registered()} | STEPS
    assert any(fault.seen_by.partition(":")[0] in name for name in known), fault.seen_by


@pytest.mark.parametrize(
    "fault", [each for each in FAULTS if isinstance(each.how, Sql)], ids=lambda fault: fault.title
)
def test_a_statement_takes_what_its_query_finds(fault: object) -> None:
    assert hasattr(fault, "how") and isinstance(fault.how, Sql)
    assert fault.kind is Kind.COPY  # type: ignore[attr-defined]
    wanted = set(Template(fault.how.do).get_identifiers()) if "$$" not in fault.how.do else set()
    found = {word for word in wanted if f"AS {word}" in fault.how.find or f"o.oid, {word}" in fault.how.find}
    assert wanted - found <= ({"oid"} if "oid" in fault.how.find else set())


def test_faults_are_chosen_by_family_name_or_title() -> None:
    assert {fault.family for fault in chosen(["roles"])} == {Family.ROLES}
    assert [fault.title for fault in chosen(["data: row lost"])] == ["data: row lost"]
    assert [fault.title for fault in chosen(["row lost", "index missing"])] == [
        "schema: index missing",
        "data: row lost",
    ]
    assert chosen(None) == FAULTS


def test_an_unknown_fault_is_refused_with_the_families_named() -> None:
    with pytest.raises(ConfigurationError, match="'gremlins' is no fault: write one of the families storage"):
        chosen(["gremlins"])
