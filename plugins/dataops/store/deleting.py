"""Deleting objects and their versions, in batches, and saying which could not be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from dataops.store import listing
from dataops.store.errors import ObjectLocked, StoreError
from dataops.store.retrying import Retrying

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_BATCH = 1000
"""The most keys that one DeleteObjects takes (Amazon S3 API Reference)."""


def delete(
    client: S3Client, retrying: Retrying, bucket: str, keys: Iterable[str], *, all_versions: bool
) -> None:
    """Delete objects, or all their versions; raises after the last batch, naming what stayed and why."""
    wanted: Iterable[ObjectIdentifierTypeDef] = (
        _versions_of(client, retrying, bucket, set(keys)) if all_versions else ({"Key": key} for key in keys)
    )
    refused: dict[str, str] = {}
    remaining = iter(wanted)
    while batch := list(islice(remaining, _BATCH)):
        answer = retrying(
            f"delete {batch[0]['Key']} and {len(batch) - 1} more",
            lambda _: client.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True}),
        )
        refused |= {
            error.get("Key", "?"): error.get("Code", "unknown reason")
            for error in answer.get("Errors", [])
            if error.get("Code") not in {"NoSuchKey", "NoSuchVersion"}
        }
    if refused:
        key, code = next(iter(refused.items()))
        more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        leaf = ObjectLocked if code in {"AccessDenied", "ObjectLocked", "InvalidRequest"} else StoreError
        raise leaf(
            f"Could not delete {key}{more} from bucket {bucket}: {code}. "
            "A lock may keep it until its retention ends, or the access key may not delete."
        )


def _versions_of(
    client: S3Client, retrying: Retrying, bucket: str, keys: set[str]
) -> Iterator[ObjectIdentifierTypeDef]:
    """One listing per folder instead of one per key: a backup has thousands of objects in one."""
    folders = {key.rpartition("/")[0] for key in keys}
    for folder in sorted(folders):
        here = {key for key in keys if key.rpartition("/")[0] == folder}
        prefix = next(iter(here)) if len(here) == 1 else f"{folder}/" if folder else ""
        for version in listing.versions(client, retrying, bucket, prefix):
            if version.key in here:
                yield {"Key": version.key, "VersionId": version.version_id}
