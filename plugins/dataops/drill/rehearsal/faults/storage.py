"""Objects of the backup that are damaged, gone, unreadable, or not what the manifest says."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

from dataops.backup import catalog
from dataops.backup.manifest.details import Details
from dataops.backup.physical.configuration import passphrase
from dataops.backup.sealing import Seal
from dataops.drill.rehearsal.fault import Family, Fault, Kind, Method, NotInjectable, NotThere
from dataops.drill.rehearsal.shelf import Shelf, cut_in_half, one_bit_flipped
from dataops.inventory import Server
from dataops.store import new_identity

Act = Callable[[Shelf], object]
BOTH: tuple[Method, ...] = ("logical", "physical")
LOGICAL: tuple[Method, ...] = ("logical",)
PHYSICAL: tuple[Method, ...] = ("physical",)
_NO_PIECES = "a physical backup's files are pgBackRest's, which keeps their checksums itself"
_NO_REPOSITORY = "a logical backup has no pgBackRest repository"


def _fault(
    name: str, how: Act, seen_by: str, methods: tuple[Method, ...] = BOTH, *, family: Family = Family.STORAGE
) -> Fault:
    why = _NO_PIECES if methods == LOGICAL else _NO_REPOSITORY if methods == PHYSICAL else ""
    return Fault(name, family, Kind.STORE, how, seen_by, methods, why)


def _data(shelf: Shelf) -> str:
    """The largest object with data of the backup."""
    copied = shelf.header.pgbackrest
    return shelf.largest("/pieces/" if copied is None else f"/{copied.label}/bundle/")


def _manifest(shelf: Shelf) -> str:
    return catalog.manifest_key(shelf.header.subject, shelf.header.backup_id)


def _details(shelf: Shelf) -> str:
    """One object with details of the manifest: a server has one for each database."""
    parts = shelf.header.extra.get("details")
    if isinstance(parts, dict) and parts:
        return str(sorted(parts.items())[0][1])
    if shelf.header.details_key is None:
        raise NotInjectable("The backup's manifest has no details.")
    return shelf.header.details_key


def _swap(shelf: Shelf) -> None:
    first, *_, last = [*shelf.keys("/pieces/"), _data(shelf)]
    if first == last:
        raise NotInjectable("The backup is one piece alone: there is no other to swap it with.")
    one, other = shelf.store.get(first), shelf.store.get(last)
    shelf.put(first, other)
    shelf.put(last, one)


def _other_checksum(shelf: Shelf) -> None:
    first, *rest = shelf.header.objects
    shelf.rewrite_header(objects=(first.model_copy(update={"sha256": "0" * 64}), *rest))


def _other_identity(shelf: Shelf) -> None:
    known = shelf.real.connection("dataops_decryption")
    shelf.connections["dataops_decryption"] = replace(known, password=new_identity()[0])


def _no_identity(shelf: Shelf) -> None:
    shelf.connections["dataops_decryption"] = None


def _other_passphrase(shelf: Shelf) -> None:
    server = shelf.job.subject
    assert isinstance(server, Server)
    known = shelf.real.connection(server.pgbackrest)
    if not passphrase(server, known):
        raise NotInjectable("The repository is not encrypted.")
    shelf.connections[server.pgbackrest] = replace(known, password=secrets.token_hex(16))


def _refused(shelf: Shelf) -> None:
    known = shelf.real.connection("dataops_store")
    shelf.connections["dataops_store"] = replace(known, login="rehearsal", password=secrets.token_hex(16))


def _down(shelf: Shelf) -> None:
    known = shelf.real.connection("dataops_store")
    nowhere = {**known.extra, "endpoint_url": "https://127.0.0.1:9"}
    shelf.connections["dataops_store"] = replace(known, extra=nowhere)


def _repository(shelf: Shelf, name: str) -> str:
    """A file of the repository that belongs to this backup."""
    copied = shelf.header.pgbackrest
    assert copied is not None
    return next(key for key in shelf.keys(f"/{copied.label}/") if key.endswith(f"/{name}"))


STORAGE = (
    _fault("object cut short", lambda shelf: shelf.change(_data(shelf), cut_in_half), "drill"),
    _fault(
        "one bit of an object flipped", lambda shelf: shelf.change(_data(shelf), one_bit_flipped), "drill"
    ),
    _fault("object of zero bytes", lambda shelf: shelf.put(_data(shelf), b""), "drill"),
    _fault("object missing", lambda shelf: shelf.remove(_data(shelf)), "store"),
    _fault("objects in each other's place", _swap, "drill", LOGICAL),
    _fault("manifest missing", lambda shelf: shelf.remove(_manifest(shelf)), "prepare"),
    _fault("manifest cut short", lambda shelf: shelf.change(_manifest(shelf), cut_in_half), "prepare"),
    _fault("manifest with another checksum", _other_checksum, "keys", LOGICAL),
    _fault("details missing", lambda shelf: shelf.remove(_details(shelf)), "keys"),
    _fault("details damaged", lambda shelf: shelf.change(_details(shelf), one_bit_flipped), "keys"),
    _fault("roles missing", lambda shelf: shelf.remove(shelf.largest("globals.sql")), "keys", LOGICAL),
    _fault("decrypted by another key", _other_identity, "keys"),
    _fault("key lost", _no_identity, "keys"),
    _fault("repository's passphrase other", _other_passphrase, "drill", PHYSICAL),
    _fault("store refuses the drill", _refused, "prepare"),
    _fault("store does not answer", _down, "prepare"),
    _fault(
        "pgBackRest's manifest of the backup missing",
        lambda shelf: shelf.remove(
            _repository(shelf, "backup.manifest"), _repository(shelf, "backup.manifest.copy")
        ),
        "store",
        PHYSICAL,
    ),
    _fault(
        "pgBackRest's list of backups missing",
        lambda shelf: shelf.remove(*shelf.keys("/backup.info")),
        "drill",
        PHYSICAL,
    ),
)


def _all_empty(shelf: Shelf) -> None:
    """A dump that was reported as a success though nothing was written: the manifest agrees with it."""
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    objects = []
    for each in shelf.header.objects:
        empty = "/pieces/" in each.key
        if empty:
            shelf.put(each.key, b"")
        objects.append(each.model_copy(update={"size": 0, "sha256": nothing}) if empty else each)
    shelf.rewrite_header(objects=tuple(objects))


def _piece_left_out(shelf: Shelf) -> None:
    """A piece that is not there, and that the manifest does not know either."""
    lost = _data(shelf)
    shelf.remove(lost)
    shelf.rewrite_header(objects=tuple(each for each in shelf.header.objects if each.key != lost))


def _stale(shelf: Shelf) -> None:
    """A dump of one moment under the manifest of another, which had one row more."""
    key, keys = _details(shelf), shelf.job.platform.keys
    seal = Seal(
        keys if shelf.header.encryption.scheme == "age" or shelf.header.encryption.recipients else None
    )
    told = Details.from_bytes(seal.open(shelf.store.get(key)), key)
    counted = [each for each in told.tables if each.rows]
    if not counted:
        raise NotInjectable("The manifest counted no rows.")
    grown = counted[0].model_copy(update={"rows": (counted[0].rows or 0) + 1})
    tables = tuple(grown if each is counted[0] else each for each in told.tables)
    body = seal.seal(told.model_copy(update={"tables": tables}).to_bytes())
    shelf.put(key, body)
    shelf.resign(key, body)


def _without_what_it_builds_on(shelf: Shelf) -> None:
    copied = shelf.header.pgbackrest
    assert copied is not None
    if copied.prior is None:
        raise NotThere("the backup is a full one, which builds on no other")
    shelf.remove(*shelf.keys(f"/{copied.prior}/"))


ARCHIVE = (
    _fault("success of zero bytes", _all_empty, "drill", LOGICAL, family=Family.ARCHIVE),
    _fault("piece left out, also of the manifest", _piece_left_out, "drill", LOGICAL, family=Family.ARCHIVE),
    _fault("dump older than its manifest", _stale, "row counts", family=Family.ARCHIVE),
    _fault(
        "backup without the one that it builds on",
        _without_what_it_builds_on,
        "drill",
        PHYSICAL,
        family=Family.ARCHIVE,
    ),
    _fault(
        "backup of another subject",
        lambda shelf: shelf.rewrite_header(subject="another", system_identifier="1"),
        "prepare",
        family=Family.ARCHIVE,
    ),
)

ENVIRONMENT = (
    _fault(
        "server of an unknown version",
        lambda shelf: shelf.rewrite_header(server_version="99.1"),
        "programs",
        family=Family.ENVIRONMENT,
    ),
    _fault(
        "disk too small",
        lambda shelf: shelf.rewrite_header(database_bytes=1 << 60),
        "disk",
        family=Family.ENVIRONMENT,
    ),
)

FAULTS = (*STORAGE, *ARCHIVE, *ENVIRONMENT)
