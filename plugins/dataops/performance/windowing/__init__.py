"""Windows: what happened between two moments, from the samples that were kept."""

from dataops.performance.windowing.reading import window

__all__ = ["window"]
