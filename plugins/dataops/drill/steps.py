"""What a drill is called in evidence and DAGs, and its steps; light, since every DAG file imports it."""

CAPABILITY = "restore_drill"
STEPS = ("prepare", "drill")
TEARDOWN = "teardown"
"""A step of its own where the scratch server is not the worker's: it must go also when the worker died."""
