"""One Kafka broker in KRaft mode, without Docker."""
