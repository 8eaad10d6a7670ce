"""Damage that leaves every definition and every row as it was: what is defined is not what is done."""

from __future__ import annotations

from tests.integration.drill.checks.conftest import Shop


def _key(name: str) -> str:
    return f"tgisinternal AND tgconstraint = (SELECT oid FROM pg_constraint WHERE conname = '{name}')"


NOT_FOLLOWED = {
    "public.bill: foreign key bill_customer_fkey is enforced by 0 of its 4 triggers": (
        f"DELETE FROM pg_trigger WHERE {_key('bill_customer_fkey')}"
    ),
    "public.picture: its indexes are not maintained (relhasindex)": (
        "UPDATE pg_class SET relhasindex = false WHERE oid = 'picture'::regclass"
    ),
    "public.customer: its triggers do not fire (relhastriggers)": (
        "UPDATE pg_class SET relhastriggers = false WHERE oid = 'customer'::regclass"
    ),
    "public.bill: 0 of 1 check constraints hold (relchecks)": (
        "UPDATE pg_class SET relchecks = 0 WHERE oid = 'bill'::regclass"
    ),
    "public.customer.id: its default is not applied (atthasdef)": (
        "UPDATE pg_attribute SET atthasdef = false WHERE attrelid = 'customer'::regclass AND attname = 'id'"
    ),
    "public.spent: its rules are not applied (relhasrules)": (
        "UPDATE pg_class SET relhasrules = false WHERE oid = 'spent'::regclass"
    ),
    "public.picture: it does not depend on its schema": (
        "DELETE FROM pg_depend WHERE objid = 'picture'::regclass AND refclassid = 'pg_namespace'::regclass"
    ),
    "public.picture, index picture_pkey: it would outlive its table": (
        "DELETE FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = 'picture_pkey'::regclass"
    ),
    "_RETURN of public.emails: the view depends on nothing that it reads": (
        "DELETE FROM pg_depend WHERE classid = 'pg_rewrite'::regclass"
        " AND objid = (SELECT oid FROM pg_rewrite WHERE ev_class = 'emails'::regclass)"
    ),
}


def test_a_key_whose_triggers_are_gone_turns_only_the_catalogs_red(shop: Shop) -> None:
    ran = shop.drilled(f"DELETE FROM pg_trigger WHERE {_key('bill_customer_fkey')}")
    assert ran.failed == ran.red == ["system catalogs"], ran.explain()


def test_every_contradiction_of_the_catalogs_is_told(shop: Shop) -> None:
    hiding = "public.customer: its triggers do not fire (relhastriggers)"
    script = ";".join(statement for said, statement in NOT_FOLLOWED.items() if said != hiding)
    ran = shop.drilled(script)
    observed = ran.check("system catalogs").observed
    assert isinstance(observed, list) and set(observed) == NOT_FOLLOWED.keys() - {hiding}, ran.explain()


def test_a_flag_that_hides_triggers_is_told(shop: Shop) -> None:
    ran = shop.drilled(NOT_FOLLOWED["public.customer: its triggers do not fire (relhastriggers)"])
    assert ran.failed == ran.red == ["system catalogs"], ran.explain()


def test_a_key_that_is_switched_off_turns_its_definition_red(shop: Shop) -> None:
    ran = shop.drilled(f"UPDATE pg_trigger SET tgenabled = 'D' WHERE {_key('bill_customer_fkey')}")
    assert ran.failed == ran.red == ["definitions: constraints"], ran.explain()


def test_sequences_without_a_number_that_fits(shop: Shop) -> None:
    ran = shop.drilled(
        "SELECT setval('bill_id_seq', 9223372036854775807); SELECT setval('customer_id_seq', 2147483647)"
    )
    assert ran.failed == ran.red == ["sequences not at their end"], ran.explain()
    observed = str(ran.check("sequences not at their end").observed)
    assert "public.customer_id_seq would give 2147483648, beyond its end of 2147483647" in observed
    assert "public.bill_id_seq" in observed


def test_a_sequence_that_was_at_its_end_at_the_source_too_is_told_and_no_fault(shop: Shop) -> None:
    ran = shop.twin("CREATE SEQUENCE few MAXVALUE 3; SELECT setval('few', 3); CREATE SEQUENCE many")
    check = ran.check("sequences not at their end")
    assert not ran.red, ran.explain()
    assert check.observed == "1 of 2 sequences"
    assert "at the source too: public.few would give 4" in check.reason


def test_what_only_a_restore_of_files_brings_back(shop: Shop) -> None:
    """Generated columns and the functions of extensions: a dump makes both anew."""
    name = "attrelid = 'customer'::regclass AND attname = 'name'"
    script = (
        f"UPDATE pg_attribute SET attgenerated = '' WHERE {name};"
        "UPDATE customer SET name = 'X' WHERE id = 7;"
        f"UPDATE pg_attribute SET attgenerated = 's' WHERE {name};"
        "UPDATE pg_proc SET prosrc = 'citext_ne' WHERE oid = 'citext_eq(citext, citext)'::regprocedure"
    )
    ran = shop.drilled(script, method="physical")
    assert ran.failed == ran.red == ["extensions", "generated columns"], ran.explain()
    assert ran.check("generated columns").observed == [
        "public.customer.name: 1 rows hold another value than their expression gives"
    ]
    assert not (logical := shop.drilled(script)).red, logical.explain()
