"""What cannot be compared: declared by manifest or point (not applicable), or only not known (red)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from dataops.backup.manifest.details import Blind
from dataops.evidence.verdict import Verdict, overall
from dataops.inventory import Drill

from tests.integration.drill.checks.conftest import Shop, describe, restored_server, run

LATER = "no manifest was taken at this very moment"
DRIFTED = "INSERT INTO picture VALUES (99, 'x'); COMMENT ON TABLE bill IS 'changed since'"


def test_a_point_in_time_is_not_held_against_another_moments_rows(shop: Shop) -> None:
    ran = shop.drilled(DRIFTED, inexact=LATER, point="instant")
    assert not ran.red, ran.explain()
    for name in ("row counts", "content hashes", "large objects", "definitions: comments and others"):
        assert ran.check(name).verdict is Verdict.NOT_APPLICABLE, ran.explain()
        assert LATER in ran.check(name).reason
    assert ran.check("definitions: indexes").verdict is Verdict.PASSED
    assert ran.check("full read").verdict is Verdict.PASSED
    assert not ran.outcome.coverage["full"]


def test_a_manifest_that_is_only_best_known_leaves_differences_open(shop: Shop) -> None:
    ran = shop.drilled(DRIFTED, inexact="the manifest was read from a primary in use")
    assert not ran.failed, ran.explain()
    for name in ("row counts", "content hashes", "definitions: comments and others"):
        assert ran.check(name).verdict is Verdict.INCONCLUSIVE, ran.explain()
    assert ran.check("definitions: indexes").verdict is Verdict.PASSED


def test_what_the_manifest_declares_it_could_not_see(shop: Shop) -> None:
    blind = tuple(
        Blind(what=what, reason="managed service")
        for what in ("role password", "large objects", "subscription", "event trigger")
    )
    manifest = shop.details.model_copy(
        update={
            "blind": blind,
            "large_objects": None,
            "definitions": tuple(
                one for one in shop.details.definitions if one.kind not in {"role password", "large objects"}
            ),
        }
    )
    ran = shop.drilled(manifest=manifest)
    assert not ran.red, ran.explain()
    assert ran.check("large objects").verdict is Verdict.NOT_APPLICABLE
    assert "managed service" in ran.check("roles").reason


def test_a_manifest_without_rows_claims_nothing_about_them(shop: Shop) -> None:
    name = shop.copy()
    details = describe(shop.server, name, content="definitions")
    ran = run(restored_server(shop.server, name, details))
    assert not ran.red, ran.explain()
    for check in ("row counts", "content hashes"):
        assert ran.check(check).verdict is Verdict.NOT_APPLICABLE
        assert "claims nothing" in ran.check(check).reason
    assert ran.check("full read").verdict is Verdict.PASSED
    assert not ran.outcome.coverage["full"]


@pytest.mark.parametrize(
    ("left_out", "red"),
    [
        ("a table", {"row counts", "content hashes"}),
        ("every table", {"row counts", "content hashes"}),
        ("the hashes", {"content hashes"}),
        ("the sequences", {"sequences"}),
        ("the large objects", {"large objects"}),
    ],
)
def test_a_manifest_that_is_silent_where_it_should_claim_proves_nothing(
    shop: Shop, left_out: str, red: set[str]
) -> None:
    """The damage behind its back is seen by nothing else, so silence must not be taken for consent."""
    tables = shop.details.tables
    changes: dict[str, dict[str, object]] = {
        "a table": {"tables": tuple(each for each in tables if each.identity != "public.picture")},
        "every table": {"tables": ()},
        "the hashes": {"tables": tuple(each.model_copy(update={"hash": None}) for each in tables)},
        "the sequences": {"sequences": ()},
        "the large objects": {"large_objects": None},
    }
    damage = (
        "UPDATE picture SET body = '' WHERE id = 7; SELECT setval('bill_id_seq', 6000);"
        "SELECT lo_put(oid, 0, 'A') FROM pg_largeobject_metadata"
    )
    manifest = shop.details.model_copy(update=changes[left_out])
    ran = shop.drilled(damage, manifest=manifest)
    unknown = {name for name in ran.red if name not in ran.failed}
    assert unknown == red, ran.explain()


def test_a_database_that_the_manifest_does_not_know_proves_nothing(shop: Shop) -> None:
    ran = run(restored_server(shop.server, shop.copy(), None))
    assert overall(ran.outcome.checks) is Verdict.INCONCLUSIVE
    assert "says nothing about database" in ran.check("identity").reason


def test_full_coverage_names_every_table(shop: Shop) -> None:
    ran = shop.drilled()
    assert ran.outcome.coverage["full"] is True
    assert ran.outcome.coverage["share"] == pytest.approx(1)
    (tables,) = ran.outcome.coverage["databases"].values()  # type: ignore[union-attr]
    assert tables["public.bill"]["rows"] == 5000  # type: ignore[index, call-overload]


def test_a_budgeted_drill_knows_what_earlier_ones_saw(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a drill whose budget is spent at once nothing of the rows is proven; too many of them are red."""
    settings = Drill(mode="budgeted", time_budget=timedelta(microseconds=1), covered_within=2)
    earlier: dict[str, object] = {}
    monkeypatch.setattr("dataops.drill.checks.coverage.earlier_coverage", lambda store, name: earlier)
    name = shop.copy()
    first = run(restored_server(shop.server, name, shop.details, settings=settings), store=object())
    assert not first.red, first.explain()
    assert first.check("full read").verdict is Verdict.NOT_APPLICABLE
    assert first.check("content hashes").verdict is Verdict.NOT_APPLICABLE
    assert not first.outcome.coverage["share"]
    earlier = dict(first.outcome.coverage)
    second = run(restored_server(shop.server, name, shop.details, settings=settings), store=object())
    assert second.red == ["coverage"], second.explain()
    generous = Drill(mode="budgeted", covered_within=2)
    third = run(restored_server(shop.server, name, shop.details, settings=generous), store=object())
    assert not third.red, third.explain()
    assert third.outcome.coverage["full"] is True
