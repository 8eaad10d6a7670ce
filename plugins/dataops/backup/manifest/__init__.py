"""What was true at the moment of a backup: a small clear header, and details that a restore must equal."""
