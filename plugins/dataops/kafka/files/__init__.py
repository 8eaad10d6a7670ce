"""The YAML under include/kafka/: its models, and what they declare once every mistake is out."""
