"""2,000 files load and validate in 2 s of CPU, a tenth of them with mistakes; beside it, bare libyaml."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import yaml

from tests.benchmarks.ratio import Ratio, side_by_side

SERVER = "server: {name}\nenvironment: bench\nconnection: {name}\nstandby: {name}_standby\nowner: dba\n"
DATABASE = (
    "database: {name}\nserver: {server}\nowner: dba\nschedule: '{minute} */{hours} * * *'\n"
    "objectives:\n  rto: 2h\nretention:\n  daily: 14\n  monthly: 12\n"
)
FILES = 2000
SECONDS = 2.0


def write_inventory(folder: Path) -> None:
    """One server for nineteen databases, each with a schedule of its own, every tenth file with a mistake."""
    for kind in ("servers", "databases"):
        (folder / kind).mkdir(parents=True)
    for number in range(FILES):
        server = f"server-{number // 20:04}"
        if number % 20 == 0:
            (folder / "servers" / f"{server}.yaml").write_text(SERVER.format(name=server))
            continue
        name = f"database-{number:04}"
        text = DATABASE.format(name=name, server=server, minute=number % 60, hours=number % 5 + 2)
        mistake = "jbos: 4\n" if number % 10 == 1 else "jobs: 4\n"
        (folder / "databases" / f"{name}.yaml").write_text(text + mistake)


def measure() -> Iterable[Ratio]:
    """Loading, with nothing remembered from the round before."""
    from dataops.inventory import load
    from dataops.inventory.schedule import longest_interval

    with tempfile.TemporaryDirectory(prefix="dataops-bench-inventory-") as scratch:
        folder = Path(scratch)
        write_inventory(folder)

        def ours() -> float:
            longest_interval.cache_clear()
            started = time.process_time()
            inventory = load(folder, "bench")
            seconds = time.process_time() - started
            assert (len(inventory.subjects), len(inventory.invalid)) == (FILES * 9 // 10, FILES // 10)
            return seconds

        def theirs() -> float:
            started = time.process_time()
            for path in sorted(folder.rglob("*.yaml")):
                yaml.load(path.read_bytes(), yaml.CSafeLoader)
            return time.process_time() - started

        mine, bare = side_by_side(ours, theirs, rounds=5)
        yield Ratio("inventory, 2,000 files", mine, bare, bar=0, allowance=SECONDS)
