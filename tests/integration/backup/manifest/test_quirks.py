"""What a dump and restore legitimately writes in another way, and so must not look like a difference.

Each file of ``quirks/`` fills a schema of one database, which is dumped and restored once; those of
``quirks/alone/`` change what is around schemas, and have a database of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from dataops.backup.manifest.compare import Difference, differences
from dataops.backup.manifest.details import Details

from tests.conftest import DatabaseServer

OUTSIDE = {"database properties", "database setting"}
QUIRKS = Path(__file__).parent / "quirks"
TOGETHER = sorted(file.stem for file in QUIRKS.glob("*.sql"))
ALONE = sorted(QUIRKS.glob("alone/*.sql"))


@pytest.fixture(scope="module")
def found(
    primary: DatabaseServer, restored_copy: Callable[..., str], describe: Callable[..., Details]
) -> list[Difference]:
    """All differences of the restored copy."""
    source = primary.create_database("quirks")
    for name in TOGETHER:
        script = (QUIRKS / f"{name}.sql").read_text(encoding="utf-8")
        primary.execute(f"CREATE SCHEMA {name}; SET search_path = {name}; {script}", dbname=source)
    copy = restored_copy(primary, source)
    return differences(describe(primary, source), describe(primary, copy), without=OUTSIDE)


@pytest.mark.parametrize("name", TOGETHER)
def test_a_restored_schema_equals_its_manifest(found: list[Difference], name: str) -> None:
    assert [one for one in found if name in f"{one}"] == []


def test_nothing_else_differs(found: list[Difference]) -> None:
    assert found == []


@pytest.mark.parametrize("script", ALONE, ids=lambda script: str(script.stem))
def test_a_restored_database_equals_its_manifest(
    primary: DatabaseServer, restored_copy: Callable[..., str], describe: Callable[..., Details], script: Path
) -> None:
    primary.execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'quirk_a') THEN"
        " CREATE ROLE quirk_a; CREATE ROLE quirk_b; END IF; END $$"
    )
    source = primary.create_database("quirk", script.read_text(encoding="utf-8"))
    copy = restored_copy(primary, source)
    assert differences(describe(primary, source), describe(primary, copy), without=OUTSIDE) == []


def test_an_invalid_index_and_temporary_objects_are_no_difference(
    primary: DatabaseServer, restored_copy: Callable[..., str], describe: Callable[..., Details]
) -> None:
    source = primary.create_database("invalid", "CREATE TABLE t AS SELECT 1 AS a UNION ALL SELECT 1")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        primary.execute("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", dbname=source)
    with closing(psycopg2.connect(primary.dsn(source))) as other:
        other.cursor().execute("CREATE TEMP TABLE z (a serial); CREATE TEMP VIEW y AS SELECT 1; COMMIT")
        expected = describe(primary, source)
        copy = restored_copy(primary, source)
    assert [one.identity for one in expected.definitions if one.kind == "index"] == ["public.i"]
    assert differences(expected, describe(primary, copy), without=OUTSIDE) == []
