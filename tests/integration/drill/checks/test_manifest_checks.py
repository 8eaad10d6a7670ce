"""Checks against the manifest: each is red for its own fault, and all are green on a faithful copy."""

from __future__ import annotations

import pytest
from dataops.drill.restored import Method
from dataops.evidence.verdict import Verdict
from dataops.inventory import Drill

from tests.integration.drill.checks.conftest import Shop

FAULTS = {
    "a column has another type": (
        "ALTER TABLE picture ALTER id TYPE bigint",
        {"definitions: schemas and tables", "content hashes"},
    ),
    "a check is gone": ("ALTER TABLE bill DROP CONSTRAINT positive", {"definitions: constraints"}),
    "an index is gone": ("DROP INDEX customer_lower_idx", {"definitions: indexes"}),
    "a view selects something else": (
        "CREATE OR REPLACE VIEW emails AS SELECT lower(email) AS email FROM customer",
        {"definitions: views and rules"},
    ),
    "a function does something else": (
        "CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 3'",
        {"definitions: functions and triggers"},
    ),
    "an enum has one label more": (
        "ALTER TYPE state ADD VALUE 'lost'",
        {"definitions: types and operators"},
    ),
    "a policy is gone": ("DROP POLICY own ON note", {"definitions: policies and labels"}),
    "a publication is gone": (
        "DROP PUBLICATION news",
        {"definitions: publications and subscriptions"},
    ),
    "a foreign server is elsewhere": (
        "ALTER SERVER elsewhere OPTIONS (SET host 'other')",
        {"definitions: foreign servers"},
    ),
    "a comment says something else": (
        "COMMENT ON TABLE bill IS 'wrong'",
        {"definitions: comments and others"},
    ),
    "a row is lost": (
        "DELETE FROM picture WHERE id = 7",
        {"row counts", "content hashes"},
    ),
    "a value was changed": ("UPDATE bill SET note = 'x' WHERE id = 7", {"content hashes"}),
    "an extension is gone, with its comment": (
        "DROP EXTENSION citext",
        {"extensions", "definitions: comments and others"},
    ),
    "a grant is gone": ("REVOKE SELECT ON bill FROM clerks", {"owners and grants", "rights", "attempts"}),
    "a grant is surplus": ("GRANT DELETE ON bill TO clerks", {"owners and grants", "rights", "attempts"}),
    "another owner": ("ALTER TABLE picture OWNER TO anna", {"owners and grants", "rights", "attempts"}),
    "default privileges are gone": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE clerks REVOKE SELECT ON TABLES FROM anna",
        {"default privileges"},
    ),
    "a sequence fell back": (
        "SELECT setval('customer_id_seq', 5)",
        {"sequences", "sequences ahead of their columns"},
    ),
    "a large object was changed": (
        "SELECT lo_put(oid, 0, 'A') FROM pg_largeobject_metadata",
        {"large objects"},
    ),
    "a large object is lost": (
        "SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
        {"large objects"},
    ),
    "a materialized view is empty": (
        "REFRESH MATERIALIZED VIEW spent WITH NO DATA",
        {"materialized views"},
    ),
    "a foreign key's partner is gone": (
        "SET session_replication_role = replica; DELETE FROM customer WHERE id = 2000",
        {"row counts", "content hashes", "foreign keys"},
    ),
}


@pytest.mark.parametrize("method", ["logical", "physical"])
def test_a_faithful_copy_passes_every_check(shop: Shop, method: Method) -> None:
    ran = shop.drilled(method=method)
    assert not ran.red, ran.explain()


GROUPS = 6
"""Faults are tried several at a time, so that there are few runs."""


@pytest.mark.parametrize("group", range(GROUPS))
def test_faults_make_their_checks_red_and_no_others(shop: Shop, group: int) -> None:
    some = list(FAULTS.values())[group::GROUPS]
    ran = shop.drilled(";".join(script for script, _ in some))
    red = set().union(*(red for _, red in some))
    assert set(ran.failed) == red, ran.explain()
    assert set(ran.red) == red, ran.explain()


def test_logins_that_the_manifest_does_not_foresee(shop: Shop) -> None:
    manifest = shop.changed({
        ("role", "anna"): ("login", False),
        ("role", "boss"): ("connection_limit", -1),
    })
    ran = shop.drilled(manifest=manifest, settings=Drill(logins=("anna", "boss", "nobody")))
    observed = str(ran.check("logins").observed)
    assert "anna is let in" in observed, ran.explain()
    assert "boss is refused" in observed
    assert "nobody is not in the manifest" in observed


def test_roles_of_the_server_that_differ(shop: Shop) -> None:
    """Roles are the whole server's, so the manifest is changed here instead of the server."""
    manifest = shop.changed({
        ("role", "anna"): ("inherit", False),
        ("role password", "boss"): ("secrets", "another"),
        ("role setting", "anna"): ("settings", ["work_mem=1MB"]),
        ("role membership", "anna in clerks by postgres"): ("admin", True),
    })
    ran = shop.drilled(manifest=manifest)
    for name in ("roles", "role settings", "role memberships"):
        assert ran.check(name).verdict is Verdict.FAILED, ran.explain()
    assert "role password boss, secrets is changed" in ran.check("roles").observed
    assert "another" not in str(ran.check("roles"))
