"""What a drill is called in evidence and DAGs, and its steps; light, since every DAG file imports it."""

CAPABILITY = "restore_drill"
STEPS = ("prepare", "drill")
