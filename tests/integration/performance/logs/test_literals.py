"""Literals leave a database only where its YAML allows it, and secrets never: seen in every object kept."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import polars as pl
import pytest
from dataops.performance import run
from dataops.performance.job import of_now
from dataops.performance.logged_call import LoggedCall
from dataops.performance.logs import call_keeping
from dataops.performance.logs.collecting import collect
from dataops.performance.logs.errors import LogUnreachable
from dataops.performance.report.document import Report
from dataops.store import ObjectStore

from tests.conftest import ObjectStoreServer
from tests.integration.performance.binding import execute_bound
from tests.integration.performance.logs.conftest import Logging
from tests.integration.performance.watched import Watched, watched

CANARY, OF_ANOTHER, SECRET = "c4n4ry-literal", "c4n4ry-of-another", "c4n4ry-s3cr3t"
SCRIPT = """
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
CREATE TABLE orders (id int PRIMARY KEY, note text);
INSERT INTO orders SELECT n, 'n' FROM generate_series(1, 1000) AS n;
"""


@dataclass
class Shop:
    """The database that is watched, another one on its server, and what reports of it left in the store."""

    watched: Watched
    another: str

    def work(self) -> None:
        """What both databases log: a literal, a parameter, and passwords of three kinds."""
        self.watched.execute(f"SELECT note FROM orders WHERE note = '{CANARY}'")
        bound = "SELECT id FROM orders WHERE note = :value"
        execute_bound(self.watched.primary, self.watched.dbname, bound, f"{CANARY}-bound")
        self.watched.execute(f"CREATE ROLE canary PASSWORD '{SECRET}'; DROP ROLE canary")
        self.watched.execute(f"SELECT set_config('shop.key', '{SECRET}', false)")
        self.watched.execute(f"SELECT note FROM orders WHERE note = 'password={SECRET}' AND id > 0")
        self.watched.primary.execute(f"SELECT '{OF_ANOTHER}' AS literal", dbname=self.another)

    def report(self, literals: Literal["strip", "keep"], *, fresh: bool = True) -> tuple[Report, str]:
        """A report by a YAML that says so, after some work; and its texts in the store, page and all.

        One that is not ``fresh`` reads no log before.
        """
        self.work()
        self.watched.sample()
        inventory = self.watched.platform.inventory
        (shop,) = inventory.databases
        said = shop.model_copy(update={"report": shop.report.model_copy(update={"literals": literals})})
        platform = replace(self.watched.platform, inventory=replace(inventory, databases=(said,)))
        platform.__dict__["store"] = self.store
        job = of_now(platform, self.watched.dbname, self.watched.said.append)
        made = run.run(replace(job, fresh=fresh)).made
        assert made.error is None
        assert made.report is not None
        place = made.page_key.rpartition("/")[0]
        return made.report, "".join(text for key, text in self.kept() if key.startswith(place))

    @property
    def store(self) -> ObjectStore:
        return self.watched.store

    def kept(self) -> Iterator[tuple[str, str]]:
        """Every object's key with all that can be read in it."""
        for item in self.store.list(""):
            yield item.key, _readable(item.key, self.store.get(item.key))


def _readable(name: str, body: bytes) -> str:
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(body)) as within:
            return "".join(_readable(each, within.read(each)) for each in within.namelist())
    if name.endswith(".parquet"):
        return str(pl.read_parquet(io.BytesIO(body)).to_dicts())
    return body.decode()


@pytest.fixture
def shop(logging: Logging, object_store_server: ObjectStoreServer) -> Shop:
    found = watched(logging.primary, object_store_server, SCRIPT)
    found.sample()
    return Shop(found, logging.primary.create_database("another"))


def test_literals_leave_the_database_only_while_its_yaml_says_so(shop: Shop) -> None:
    report, texts = shop.report("strip")

    assert not [area.missing for area in report.areas if area.name == "logs" and area.missing]
    assert report.slowest_calls == ()
    assert "as logged" not in texts
    everything = "".join(text for _, text in shop.kept())
    assert "orders" in everything
    assert not [each for each in (CANARY, OF_ANOTHER, SECRET) if each in everything]

    report, texts = shop.report("keep")

    told = {call.text: call for call in report.slowest_calls}
    call = told[f"SELECT note FROM orders WHERE note = '{CANARY}'"]
    assert 0 < call.seconds < 60
    assert report.since < call.at < report.until
    assert told["SELECT id FROM orders WHERE note = $1;"].parameters == f"$1 = '{CANARY}-bound'"
    assert CANARY in texts
    with_literals = {key.partition("/")[0] for key, text in shop.kept() if CANARY in text}
    assert with_literals == {"reports", "samples"}
    everything = "".join(text for _, text in shop.kept())
    assert not [each for each in (OF_ANOTHER, SECRET) if each in everything]

    kept = call_keeping.folder_of("test")
    report, texts = shop.report("strip", fresh=False)

    assert list(shop.store.versions(kept)), "nobody has read the log since then"
    assert report.slowest_calls == ()
    assert CANARY not in texts

    report, texts = shop.report("strip")

    assert report.slowest_calls == ()
    assert CANARY not in texts
    assert list(shop.store.versions(kept)) == [], "what was kept is gone for good"
    assert not [key for key, text in shop.kept() if CANARY in text and not key.startswith("reports/")]


def test_calls_that_nobody_allows_are_deleted_also_where_the_log_cannot_be_read(
    logging: Logging, tmp_path: Path
) -> None:
    store = replace(logging.store, bucket=logging.another_bucket())
    server = replace(logging, store=store)
    now = datetime.now(UTC)
    left = LoggedCall(statement="f" * 16, text=f"SELECT '{CANARY}'", seconds=1.0, at=now)
    key = call_keeping.keep(store, "logging", now, [left])
    assert CANARY in _readable(key, store.get(key))

    with pytest.raises(LogUnreachable):
        collect(server.platform, "logging", folder=tmp_path / "missing")

    assert list(store.versions(call_keeping.folder_of("logging"))) == []
