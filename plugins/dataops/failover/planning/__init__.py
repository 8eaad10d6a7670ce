"""From a scenario and a cluster as it is to the exact steps of a round: what is done, what it may cost."""
