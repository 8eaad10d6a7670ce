"""Advice is tried before it is given: by the planner on HypoPG, or with real data on a scratch server."""

from dataops.performance.proving.proven import Proven, to_be_tried
from dataops.performance.proving.restored import prove_on_scratch
from dataops.performance.proving.watched import prove_by_hypopg

__all__ = ["Proven", "prove_by_hypopg", "prove_on_scratch", "to_be_tried"]
