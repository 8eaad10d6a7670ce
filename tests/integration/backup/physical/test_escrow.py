"""The repository's passphrase lies in the bucket for whoever holds an age identity, and for nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dataops.backup.physical.errors import WrongPassphrase
from dataops.backup.physical.escrow import deposit, escrow_key, is_deposited
from dataops.store import Keys, ObjectStore, new_identity

from tests.conftest import ObjectStoreServer

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def store(object_store_server: ObjectStoreServer) -> ObjectStore:
    return ObjectStore.from_connection(object_store_server.connection(), object_store_server.bucket())


@pytest.fixture
def keys() -> Keys:
    identity, recipient = new_identity()
    return Keys((recipient,), (identity,), b"h" * 32)


def test_it_is_deposited_once_and_can_be_read(store: ObjectStore, keys: Keys) -> None:
    assert deposit(store, "plant", PASSPHRASE, keys)
    assert not deposit(store, "plant", PASSPHRASE, keys)
    assert keys.decrypt(store.get(escrow_key("plant"))).decode() == PASSPHRASE
    assert PASSPHRASE.encode() not in store.get(escrow_key("plant"))


def test_another_passphrase_is_noticed_without_any_identity(store: ObjectStore, keys: Keys) -> None:
    deposit(store, "plant", PASSPHRASE, keys)
    with pytest.raises(WrongPassphrase):
        is_deposited(store, "plant", "another", replace(keys, identities=()))


def test_a_new_recipient_gets_a_deposit_of_its_own(store: ObjectStore, keys: Keys) -> None:
    deposit(store, "plant", PASSPHRASE, keys)
    identity, recipient = new_identity()
    assert deposit(store, "plant", PASSPHRASE, replace(keys, recipients=(*keys.recipients, recipient)))
    other = Keys((recipient,), (identity,), keys.secret)
    assert other.decrypt(store.get(escrow_key("plant"))).decode() == PASSPHRASE


def test_a_damaged_deposit_counts_as_none(store: ObjectStore, keys: Keys) -> None:
    deposit(store, "plant", PASSPHRASE, keys)
    store.put(escrow_key("plant"), b"damaged")
    assert not is_deposited(store, "plant", PASSPHRASE, replace(keys, identities=()))
    assert deposit(store, "plant", PASSPHRASE, keys)
