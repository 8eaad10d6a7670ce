"""What a run leaves behind: verdicts, the record, its chain in the store, its page."""

from dataops.evidence.publishing import Published, publish

__all__ = ["Published", "publish"]
