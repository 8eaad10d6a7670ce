"""Carrying out a part of a plan on a real cluster: preflight, batches with a journal, reading back.

Changes are sent by kafka-python's requests instead of confluent-kafka's client where the newer versions of
a request make them safe: a topic is deleted by its id and not by its name, and a controller that is asked
for too much says so (THROTTLING_QUOTA_EXCEEDED) instead of keeping us waiting.
"""
