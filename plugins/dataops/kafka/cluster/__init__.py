"""A real Kafka cluster: connecting to it, reading it, and how well it is. Nothing here changes anything."""
