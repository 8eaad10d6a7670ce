"""Opening a restored data directory for a look: reachable by us alone, archiving and starting nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from dataops.backup.restore.serving import Serving, serving
from dataops.connections import Connection

Say = Callable[[str], None]


@contextmanager
def opened(
    target: Path, *, major: int, user: str | None, login: Connection, seconds: float, say: Say
) -> Generator[Connection]:
    """A connection to the restored server once it has recovered and is open for writing; stopped afterwards.

    Raises ``BackupDamaged`` with the server's last words where it ends before that.
    """
    folder = Path(tempfile.mkdtemp(prefix="dataops-restored-", dir="/tmp"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        how = Serving(target, folder, major, user)
        with serving(how, login, seconds=seconds, say=say) as connection:
            yield connection
    finally:
        shutil.rmtree(folder, ignore_errors=True)
