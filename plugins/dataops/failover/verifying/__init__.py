"""What must be true of a cluster after a round, each as a check: pure judgement beside thin looking."""
