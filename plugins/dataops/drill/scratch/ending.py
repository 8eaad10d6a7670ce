"""The end of a scratch server on this host: of its programs, and of its shared memory."""

from __future__ import annotations

import logging
from pathlib import Path

from dataops.backup.logical.workspace import end_programs_of, programs_of
from dataops.drill.scratch.shared_memory import free, segment_of

log = logging.getLogger(__name__)


def end_server(folder: Path) -> bool:
    """No process and no shared memory of a drill's directory is left, so that it may be removed."""
    segment = segment_of(folder / "data")
    end_programs_of(folder)
    if programs_of(folder):
        log.error("Programs that work in %s could not be ended", folder)
        return False
    return free(folder / "data", segment)
