"""Advice is tried before it is given: by the planner on HypoPG, or with real data on a scratch server."""

from dataops.performance.proving.proven import Proven, builds, drops, rewrites
from dataops.performance.proving.restored import prove_on_scratch
from dataops.performance.proving.watched import prove_by_hypopg

__all__ = ["Proven", "builds", "drops", "prove_by_hypopg", "prove_on_scratch", "rewrites"]
