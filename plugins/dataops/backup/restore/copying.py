"""Copying a physical backup into a data directory by pgBackRest, with what its recovery needs beside it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dataops.backup.physical.engine import configured
from dataops.backup.restore.aim import Aim
from dataops.inventory import Server
from dataops.platform import Platform
from dataops.process import Finished


def recovery_folder(target: Path) -> Path:
    """Where the restored server finds pgBackRest's configuration while it recovers. It holds secrets."""
    return target.with_name(target.name + ".recovery")


@dataclass(frozen=True)
class Copying:
    """One restore by pgBackRest: what from, where to, up to which moment, owned by whom."""

    platform: Platform
    server: Server
    aim: Aim
    target: Path
    repo: int
    user: str | None

    def run(self, *, deadline: float, say: Callable[[str], None], jobs: int | None = None) -> Finished:
        """How pgBackRest's restore ended. Tablespaces lie beside the target; it will not touch the archive.

        ``jobs`` instead of the number of processes that the server's YAML says.
        """
        recovery = recovery_folder(self.target)
        for folder in (self.target, recovery):
            folder.mkdir(mode=0o700, exist_ok=True)
        own = {"pg1-path": str(self.target)}
        engine = configured(self.platform, self.server, recovery, {**own}, self.user)
        self._hand_over(engine.environment)
        options = (
            f"--set={self.aim.label}",
            "--archive-mode=off",
            f"--tablespace-map-all={self.target}.tablespaces",
            "--log-level-console=detail",
            *((f"--process-max={jobs}",) if jobs else ()),
            *self.aim.options,
        )
        done = engine.run("restore", *options, repo=self.repo, deadline=deadline, say=say)
        with (self.target / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.write("max_logical_replication_workers = 0\n")
        return done

    def _hand_over(self, environment: Mapping[str, str]) -> None:
        """Secrets into the file that only the recovering server reads; everything into its owner's hands."""
        folder = recovery_folder(self.target)
        file = folder / "pgbackrest.conf"
        lines = [
            f"{name.removeprefix('PGBACKREST_').lower().replace('_', '-')}={value}"
            for name, value in environment.items()
            if name.startswith("PGBACKREST_")
        ]
        text = file.read_text(encoding="utf-8")
        for found in sorted(set(re.findall(r"(repo\d-storage-ca-file)=(.*)", text))):
            authority = folder / f"{found[0]}.crt"
            shutil.copyfile(found[1], authority)
            text = text.replace("=".join(found), f"{found[0]}={authority}")
        file.write_text(
            text.replace("[global]\n", "[global]\n" + "".join(f"{line}\n" for line in lines), 1),
            encoding="utf-8",
        )
        if self.user is not None:
            for path in (self.target, folder, *folder.iterdir()):
                shutil.chown(path, self.user)
