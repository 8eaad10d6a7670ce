"""What keeps objects from being lost: versions and locks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dataops.store.faults import code_of
from dataops.store.retrying import Retrying
from dataops.store.values import Protection

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NO_LOCK = {
    "InvalidRequest",  # the bucket cannot lock at all
    "NoSuchObjectLegalHold",
    "NoSuchObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
}
_FOR_EVER = datetime.max.replace(tzinfo=UTC)


def protection(client: S3Client, retrying: Retrying, bucket: str) -> Protection:
    """The bucket's versioning and object lock."""
    versioning = retrying(
        "read the bucket's versioning", lambda _: client.get_bucket_versioning(Bucket=bucket)
    )
    lock = _unless_absent(
        retrying,
        "read the bucket's object lock",
        lambda: client.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"],
    )
    default: Mapping[str, Any] = lock.get("Rule", {}).get("DefaultRetention", {})
    days = default.get("Days", 0) + 365 * default.get("Years", 0)
    return Protection(
        versioning=versioning.get("Status") == "Enabled",
        object_lock=lock.get("ObjectLockEnabled") == "Enabled",
        retention=timedelta(days=days) if days else None,
    )


def locked_until(
    client: S3Client, retrying: Retrying, bucket: str, key: str, version_id: str | None
) -> datetime | None:
    """The later of retention and legal hold of one version, the newest by default."""
    target: dict[str, Any] = {"Bucket": bucket, "Key": key}
    if version_id:
        target["VersionId"] = version_id
    hold = _unless_absent(
        retrying,
        f"read the legal hold of {key}",
        lambda: client.get_object_legal_hold(**target)["LegalHold"],
    )
    if hold.get("Status") == "ON":
        return _FOR_EVER
    retention = _unless_absent(
        retrying,
        f"read the lock of {key}",
        lambda: client.get_object_retention(**target)["Retention"],
    )
    until: datetime | None = retention.get("RetainUntilDate")
    return until if until is not None and until > datetime.now(UTC) else None


def _unless_absent(retrying: Retrying, doing: str, call: Callable[[], Any]) -> Mapping[str, Any]:
    def attempt(_: int) -> Mapping[str, Any]:
        from botocore.exceptions import ClientError

        try:
            return dict(call())
        except ClientError as error:
            if code_of(error) in _NO_LOCK:
                return {}
            raise

    return retrying(doing, attempt)
