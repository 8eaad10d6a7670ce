"""What was true at a backup's own moment: a small clear header, and encrypted details that a restore must equal."""
