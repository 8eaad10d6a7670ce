"""Files of pg_dump in every form become a checked server: damage is red, what nobody knows is declared."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataops.drill.run import Outcome, run
from dataops.evidence.verdict import Verdict
from dataops.inventory import Drill

from sandbox.postgresql import programs

SHOP = """
CREATE TABLE orders (id int PRIMARY KEY, code text NOT NULL);
INSERT INTO orders SELECT i, 'C' || i FROM generate_series(1, 2000) AS i;
CREATE TABLE bills (id int PRIMARY KEY, order_id int REFERENCES orders);
INSERT INTO bills SELECT i, i FROM generate_series(1, 500) AS i;
GRANT SELECT ON orders TO adapters_reader;
ALTER TABLE bills OWNER TO "Adapters Owner";
SELECT lo_from_bytea(0, 'a large object');
"""
QUESTION = {"name": "orders", "sql": "SELECT count(*) FROM orders", "expect": 2000}


@pytest.fixture(scope="session")
def roles(primary: Any) -> None:
    primary.execute('CREATE ROLE adapters_reader; CREATE ROLE "Adapters Owner"')


@pytest.fixture
def shop(bench: Callable[..., Any], roles: None) -> Any:
    """A shop of which nothing here takes a backup."""
    return bench(SHOP)


@pytest.fixture
def dump(shop: Any, primary: Any, tmp_path: Path) -> Callable[..., Path]:
    """``dump("shop.dump", "-Fc")``: what another program's cron job left in a folder."""

    def take(name: str, *options: str) -> Path:
        path = tmp_path / "dumps" / name
        path.parent.mkdir(exist_ok=True)
        dsn = primary.dsn(shop.database.dbname)
        subprocess.run([programs() / "pg_dump", *options, f"--file={path}", dsn], check=True)
        return path

    return take


@pytest.fixture
def drilled(shop: Any, work_dir: Path, tmp_path: Path) -> Callable[..., Outcome]:
    """A whole drill, with its evidence."""

    def start(point: str | None = None, location: str = str(tmp_path / "dumps"), **source: Any) -> Outcome:
        drill = Drill.model_validate({
            "third_party": {"kind": "pg_dump", "location": location, **source},
            "smoke": [QUESTION],
        })
        database = shop.database.model_copy(update={"drill": drill})
        inventory = type(shop.platform.inventory)(shop.platform.inventory.servers, (database,))
        platform = type(shop.platform)("test", inventory, shop.platform.resolve)
        options = {"work_dir": str(work_dir)}
        return run(platform, database.name, say=shop.said.append, point=point, options=options)

    return start


def told(outcome: Outcome) -> str:
    return "\n".join(f"{c.verdict}: {c.name}: {c.reason} {c.observed}" for c in outcome.record.checks)


def verdict(outcome: Outcome, name: str) -> Verdict:
    return next(check.verdict for check in outcome.record.checks if check.name == name)


@pytest.mark.parametrize(
    ("name", "options"),
    [("shop.dir", ["-Fd", "-j2"]), ("shop.tar", ["-Ft"]), ("shop.sql", ["--create"])],
)
def test_a_dump_of_every_form_passes(
    dump: Callable[..., Path], drilled: Callable[..., Outcome], work_dir: Path, name: str, options: list[str]
) -> None:
    dump(name, *options)
    outcome = drilled()
    assert outcome.record.verdict is Verdict.PASSED, told(outcome)
    assert verdict(outcome, "smoke: orders") is Verdict.PASSED
    assert verdict(outcome, "foreign keys") is Verdict.PASSED
    for check in outcome.record.checks:
        if check.name in {"definitions", "row counts", "content hashes"}:
            assert (check.verdict, check.reason) == (
                Verdict.NOT_APPLICABLE,
                "the backup is a file of pg_dump, which carries no manifest",
            )
    assert [*work_dir.iterdir()] == []


def test_a_gzipped_dump_in_s3_passes_and_one_that_was_cut_off_is_red(
    dump: Callable[..., Path], drilled: Callable[..., Outcome], object_store_server: Any
) -> None:
    bucket = object_store_server.bucket(lock=False)
    packed = gzip.compress(dump("shop.sql").read_bytes())
    object_store_server.client.put_object(Bucket=bucket, Key="dumps/shop.sql.gz", Body=packed)
    outcome = drilled(location=f"s3://{bucket}/dumps/")
    assert outcome.record.verdict is Verdict.PASSED, told(outcome)
    object_store_server.client.put_object(Bucket=bucket, Key="dumps/shop.sql.gz", Body=packed[:-3000])
    outcome = drilled(location=f"s3://{bucket}/dumps/")
    assert outcome.record.verdict is Verdict.FAILED
    assert "cut off or damaged" in outcome.record.reason


@pytest.mark.parametrize("form", ["custom", "plain", "directory"])
def test_a_dump_that_lost_something_is_red(
    dump: Callable[..., Path], drilled: Callable[..., Outcome], form: str
) -> None:
    if form == "custom":
        path = dump("shop.dump", "-Fc")
        os.truncate(path, path.stat().st_size - 2000)
    elif form == "plain":
        path = dump("shop.sql")
        path.write_text(path.read_text().replace("1000\tC1000\n", "1001\tC1000\n"))
    else:
        path = dump("shop.dir", "-Fd")
        shutil.move(next(path.glob("*.dat.gz")), path / "gone")
    outcome = drilled()
    assert outcome.record.verdict is Verdict.FAILED, told(outcome)
    assert verdict(outcome, "restore log") is Verdict.FAILED


def test_a_plain_dump_without_its_end_is_red_although_every_statement_ran(
    dump: Callable[..., Path], drilled: Callable[..., Outcome]
) -> None:
    path = dump("shop.sql")
    path.write_text(path.read_text().partition("-- Name: bills bills_pkey")[0])
    outcome = drilled()
    assert outcome.record.verdict is Verdict.FAILED
    assert "cut off" in outcome.record.reason


def test_points_take_turns_and_nothing_is_written_beside_the_dumps(
    dump: Callable[..., Path], drilled: Callable[..., Outcome], tmp_path: Path, shop: Any
) -> None:
    for day, name in enumerate(("shop-1.dump", "shop-2.dump", "other.dump")):
        os.utime(dump(name, "-Fc", "--schema-only"), (1_700_000_000 + day * 86400,) * 2)
    before = sorted(path.name for path in (tmp_path / "dumps").iterdir())
    places = []
    for point in (None, None):
        outcome = drilled(point, pattern="shop-*.dump")
        places.append(outcome.record.details["point"]["header"]["extra"]["third_party"]["place"])
    assert [Path(place).name for place in places] == ["shop-2.dump", "shop-1.dump"]
    assert sorted(path.name for path in (tmp_path / "dumps").iterdir()) == before
    assert shop.keys() == []


def test_an_empty_folder_proves_nothing(drilled: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "dumps").mkdir()
    outcome = drilled()
    assert outcome.record.verdict is Verdict.INCONCLUSIVE
    assert "No backup of pg_dump is in" in outcome.record.reason
