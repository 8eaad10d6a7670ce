"""What differs after a restore without meaning anything: other places, orders and numbers. Nothing is red."""

from __future__ import annotations

import pytest
from dataops.drill.restored import Method

from tests.integration.drill.checks.conftest import Shop

CHANGES = {
    "rows elsewhere in their files": "CREATE TEMP TABLE kept AS TABLE bill; DELETE FROM bill;"
    "INSERT INTO bill OVERRIDING SYSTEM VALUE SELECT * FROM kept ORDER BY id DESC; DROP TABLE kept",
    "other files of tables and indexes": "CLUSTER customer USING customer_pkey;"
    "ALTER TABLE customer SET WITHOUT CLUSTER; REINDEX TABLE bill",
    "a column that came and went": "ALTER TABLE picture ADD passing int; ALTER TABLE picture DROP passing",
    "numbers that a crash skips": "SELECT setval('customer_id_seq', 2033), nextval('bill_id_seq')",
    "a key made anew": "ALTER TABLE bill DROP CONSTRAINT bill_customer_fkey;"
    "ALTER TABLE bill ADD CONSTRAINT bill_customer_fkey FOREIGN KEY (customer) REFERENCES customer",
    "triggers switched off and on": "ALTER TABLE bill DISABLE TRIGGER ALL;"
    "ALTER TABLE bill ENABLE TRIGGER ALL",
    "flags that outlive what they told of": "CREATE RULE passing AS ON UPDATE TO note DO ALSO NOTHING;"
    "DROP RULE passing ON note; CREATE INDEX passing ON note (writer); DROP INDEX passing",
    "grants in another order": "REVOKE ALL ON bill FROM clerks;"
    "GRANT INSERT ON bill TO clerks; GRANT SELECT ON bill TO clerks",
    "grants that everybody has": "GRANT EXECUTE ON FUNCTION twice(int) TO PUBLIC;"
    "GRANT USAGE ON TYPE state TO PUBLIC",
    "default privileges made anew": "ALTER DEFAULT PRIVILEGES FOR ROLE clerks"
    " REVOKE SELECT ON TABLES FROM anna;"
    "ALTER DEFAULT PRIVILEGES FOR ROLE clerks GRANT SELECT ON TABLES TO anna",
    "options in another order": "ALTER SERVER elsewhere OPTIONS (DROP host);"
    "ALTER SERVER elsewhere OPTIONS (ADD host 'nowhere')",
    "a publication made anew": "DROP PUBLICATION news; CREATE PUBLICATION news FOR TABLE bill",
    "a comment twice": "COMMENT ON TABLE bill IS NULL; COMMENT ON TABLE bill IS 'what customers owe'",
    "no statistics": "DELETE FROM pg_statistic",
    "a materialized view made anew": "REFRESH MATERIALIZED VIEW spent",
    "a large object written again": "SELECT lo_put(oid, 0, 'a large') FROM pg_largeobject_metadata",
}


@pytest.mark.parametrize("method", ["logical", "physical"])
def test_nothing_harmless_is_red(shop: Shop, method: Method) -> None:
    script = ";".join(CHANGES.values())
    ran = shop.drilled(f"SET session_replication_role = replica; {script}", method=method)
    assert not ran.red, ran.explain()
