"""What is in a bucket, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from dataops.store.retrying import Retrying
from dataops.store.values import Listed, PendingUpload, Version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NEVER = datetime.min.replace(tzinfo=UTC)


def objects(
    client: S3Client, retrying: Retrying, bucket: str, prefix: str, delimiter: str | None
) -> Iterator[Listed]:
    """Objects under the prefix; with a delimiter, common prefixes too."""
    arguments: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    if delimiter:
        arguments["Delimiter"] = delimiter
    while True:
        page = retrying(f"list {prefix}", partial(_ask, client.list_objects_v2, arguments))
        for item in page.get("Contents", []):
            yield Listed(item["Key"], item["Size"], item["LastModified"])
        for folder in page.get("CommonPrefixes", []):
            yield Listed(folder["Prefix"], 0, _NEVER)
        if not page.get("IsTruncated"):
            return
        arguments["ContinuationToken"] = page["NextContinuationToken"]


def versions(client: S3Client, retrying: Retrying, bucket: str, prefix: str) -> Iterator[Version]:
    """All versions and deletion markers under the prefix."""
    arguments: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    while True:
        page = retrying(f"list versions of {prefix}", partial(_ask, client.list_object_versions, arguments))
        for kind, deletion in (("Versions", False), ("DeleteMarkers", True)):
            for item in page.get(kind, []):
                size = item.get("Size", 0)
                yield Version(
                    item["Key"], item["VersionId"], size, item["LastModified"], item["IsLatest"], deletion
                )
        if not page.get("IsTruncated"):
            return
        arguments |= {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}


def pending_uploads(
    client: S3Client, retrying: Retrying, bucket: str, prefix: str
) -> Iterator[PendingUpload]:
    """Multipart uploads under the prefix that were begun and never ended."""
    arguments: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
    while True:
        page = retrying(f"list uploads to {prefix}", partial(_ask, client.list_multipart_uploads, arguments))
        for item in page.get("Uploads", []):
            yield PendingUpload(item["Key"], item["UploadId"], item["Initiated"])
        if not page.get("IsTruncated"):
            return
        arguments |= {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}


def _ask(call: Callable[..., Any], arguments: dict[str, Any], _attempt: int) -> Any:
    return call(**arguments)
