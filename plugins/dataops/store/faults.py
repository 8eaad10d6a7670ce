"""Errors of boto3: which are worth another try, and what each means in plain sentences."""

from __future__ import annotations

from typing import Any

from dataops.errors import DataOpsError
from dataops.store.errors import Conflict, ObjectMissing, StoreError, StoreFull, StoreRefused

_TRANSIENT = {
    "BadDigest",  # the bytes changed on their way
    "ConditionalRequestConflict",
    "InternalError",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottlingException",
    "TooManyRequests",
    "XAmzContentSHA256Mismatch",
}
_FULL = {"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "EntityTooLarge"}
_REFUSED = {
    "InvalidAccessKeyId": "does not know the access key: correct the connection's login",
    "SignatureDoesNotMatch": "does not accept the secret key: correct the connection's password",
    "ExpiredToken": "says that the credentials have expired: renew them",
    "InvalidToken": "does not accept the session token: renew the credentials",
    "RequestTimeTooSkewed": "says that this host's clock is wrong: correct it",
    "NoSuchBucket": "has no such bucket: correct the name, or create it",
    "PermanentRedirect": "says that the bucket is in another region: correct region_name",
    "AccessDenied": "does not allow this: give the access key the right, see the guide on roles",
    "AllAccessDisabled": "does not allow this: give the access key the right, see the guide on roles",
    "403": "does not allow this: correct the access key, or give it the right",
    "MethodNotAllowed": "does not allow this on that object",
}


def code_of(error: BaseException) -> str:
    """The store's own word for the error, such as ``SlowDown``; empty where it did not answer."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def is_transient(error: Exception) -> bool:
    """Whether another try may succeed: the store is busy, broken for the moment, or out of reach."""
    from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        status = _status(error)
        return code_of(error) in _TRANSIENT or (status in {429, 500, 502, 503, 504} and not _is_full(error))
    broken = HTTPClientError | IncompleteReadError | ResponseParserError | ConnectionError
    return isinstance(error, broken) and not _is_untrusted(error)


def meaning(error: Exception, *, doing: str, where: str, attempts: int, seconds: float) -> DataOpsError:
    """The error as one of ours. ``doing`` is such as ``write backups/x/manifest.json``."""
    from botocore.exceptions import NoCredentialsError

    code = code_of(error)
    leaf: type[DataOpsError] = StoreError
    tries = f" after {attempts} attempts in {seconds:.0f} s" if attempts > 1 else ""
    said = f"gave up{tries}: {reason(error)}; see whether the store is well, then run again"
    if _is_untrusted(error):
        said = (
            f"is not trusted: {_certificate(error)}; renew its certificate, or name its authority in 'verify'"
        )
        leaf = StoreRefused
    elif isinstance(error, NoCredentialsError):
        leaf, said = StoreRefused, "needs credentials: give the connection a login and a password"
    elif code in {"NoSuchKey", "404", "NotFound", "NoSuchVersion"}:
        leaf, said = ObjectMissing, "has no such object"
    elif code in {"PreconditionFailed", "412"}:
        leaf, said = Conflict, "found it written by somebody else in the meantime"
    elif code in _REFUSED:
        leaf, said = StoreRefused, _REFUSED[code]
    elif _is_full(error):
        leaf, said = StoreFull, f"has no room left ({reason(error)}): make room, then run again"
    return leaf(f"Could not {doing}: the store at {where} {said}.")


def reason(error: Exception) -> str:
    """What happened, in a few words."""
    if code_of(error):
        return f"{code_of(error)} (HTTP {_status(error)})"
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def _status(error: Exception) -> int:
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _is_full(error: Exception) -> bool:
    return code_of(error) in _FULL or _status(error) == 507


def _is_untrusted(error: Exception) -> bool:
    from botocore.exceptions import SSLError

    return isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _certificate(error: Exception) -> str:
    return str(error).rpartition("certificate verify failed: ")[2].split(" (_ssl")[0]
