"""What is broken in a test: how each fault is done to a node, proven, and taken away again."""
