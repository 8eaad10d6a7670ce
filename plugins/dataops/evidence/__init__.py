"""What a run leaves behind: verdicts, the record, its chain in the store, its page."""
