"""What got slower and why, what will break soon, what to do: samples, windows, findings, proof, report."""
