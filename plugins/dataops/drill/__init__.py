"""Drills: a recovery point is restored onto a scratch server, checked, measured and torn down."""
