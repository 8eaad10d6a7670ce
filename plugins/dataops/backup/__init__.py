"""Backups that carry their own proof: take, verify, publish, list, expire, restore, watch."""
