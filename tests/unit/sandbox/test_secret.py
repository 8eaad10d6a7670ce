"""Secrets are made once and stay private."""

from __future__ import annotations

import pyrage

from sandbox.secret import Secrets


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path):
    made = Secrets.load(tmp_path / "secrets")
    assert Secrets.load(tmp_path / "secrets") == made
    for path in (tmp_path / "secrets", *(tmp_path / "secrets").iterdir()):
        assert path.stat().st_mode & 0o077 == 0
    assert made.postgres_password not in repr(made)


def test_each_age_identity_decrypts_what_is_meant_for_both(tmp_path):
    made = Secrets.load(tmp_path / "secrets")
    names = (made.operator_recipient, made.escrow_recipient)
    sealed = pyrage.encrypt(b"text", [pyrage.x25519.Recipient.from_str(name) for name in names])
    for name in ("operator", "escrow"):
        identity = (tmp_path / "secrets" / f"{name}.age").read_text().strip()
        assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity)]) == b"text"
