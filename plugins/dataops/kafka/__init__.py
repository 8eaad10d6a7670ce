"""Kafka topics from reviewed files: what is declared, what is there, what an apply would change."""
