"""What AWS and botocore say, as one sentence that says what to do.

AWS's own words are always part of it: whoever has to mend something has to know them.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigNotFound,
    ConfigParseError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)
from botocore.parsers import ResponseParserError

from cloud.region import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

_CREDENTIALS = frozenset(
    {
        "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId",
        "InvalidSignatureException", "UnrecognizedClientException",
        "SignatureDoesNotMatch", "IncompleteSignature",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException",
        "InvalidAccessKeyId",
    }
)  # fmt: skip
_TIME = frozenset({"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"})
_TIME_WORDS = ("Signature expired", "Signature not yet current")
"""How services that sign with version 4 name a wrong clock, under the code of a wrong signature:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html."""
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_THROTTLED = frozenset(
    {"TooManyRequestsException", "Throttling", "ThrottlingException", "RequestLimitExceeded",
     "ThrottledException", "RequestThrottled"}
)  # fmt: skip


_STILL_EXPIRED = "credentials are still expired"
_SETTINGS = (
    ConfigNotFound, ConfigParseError, NoCredentialsError, NoRegionError, PartialCredentialsError,
    ProfileNotFound, TokenRetrievalError, UnauthorizedSSOTokenError,
)  # fmt: skip


@contextmanager
def translated(doing: str, into: type[Exception]) -> Iterator[None]:
    """Turn what botocore raises into an `into` with one sentence, naming what was being done."""
    try:
        yield
    except (ClientError, BotoCoreError, ResponseParserError, KeyError) as error:
        raise into(sentence(error, doing)) from error
    except ValueError as error:
        if "Invalid endpoint" not in str(error):  # botocore's, of AWS_ENDPOINT_URL
            raise
        raise into(sentence(error, doing)) from error
    except RuntimeError as error:
        if _STILL_EXPIRED not in str(error):  # botocore's, of AWS_CREDENTIAL_EXPIRATION
            raise
        raise into(sentence(error, doing)) from error


def is_lasting(error: BaseException | None) -> bool:
    """Whether time alone mends nothing: credentials, rights or settings have to be mended first."""
    if isinstance(error, ClientError):
        return code_of(error) in _CREDENTIALS | _DENIED | _TIME
    return isinstance(error, (RuntimeError, *_SETTINGS))


def sentence(error: Exception, doing: str) -> str:
    """What went wrong while `doing`, and what to do."""
    if isinstance(error, ClientError):
        return _refused(error, doing)
    return _unasked(error, doing)


def code_of(error: ClientError) -> str:
    """The wire error code, such as `ResourceNotFoundException`."""
    return error.response.get("Error", {}).get("Code", "")


def _refused(error: ClientError, doing: str) -> str:
    code = code_of(error)
    message = _flat(error.response.get("Error", {}).get("Message", ""))
    said = f"{code}: {message}" if message else code
    if code in _TIME or any(words in message for words in _TIME_WORDS):
        return (
            f"AWS refused the time of the request while {doing} ({said}): "
            "set this machine's clock right, then repeat."
        )
    if code in _CREDENTIALS:
        return f"AWS refused the credentials while {doing} ({said}): sign in again, then repeat."
    if code in _DENIED:
        return f"AWS denied access while {doing}: use a role that may ({message})."
    if code in _THROTTLED:
        return f"AWS throttled the request while {doing} ({said}): wait a minute, then repeat."
    return f"AWS refused the request while {doing} ({said})."


def _unasked(error: Exception, doing: str) -> str:
    said = _flat(str(error))
    if isinstance(error, ProfileNotFound):
        return f"{said}: set AWS_PROFILE to one that `aws configure list-profiles` shows."
    if isinstance(error, ConfigParseError | ConfigNotFound):
        return f"{said}: correct that file, or name another with AWS_CONFIG_FILE, then repeat."
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "There are no AWS credentials: sign in or set the AWS_* variables, then repeat."
    if isinstance(error, TokenRetrievalError | UnauthorizedSSOTokenError | RuntimeError):
        return "The AWS sign-in has expired: sign in again, then repeat."
    if isinstance(error, NoRegionError):
        return f"No AWS region is set: set {VARIABLE}, then repeat."
    if isinstance(error, BotoConnectionError | HTTPClientError | ValueError):
        return (
            f"AWS cannot be reached while {doing} ({said}): "
            "check the network and AWS_ENDPOINT_URL, then repeat."
        )
    if isinstance(error, ResponseParserError | KeyError):  # a proxy's page, or half an answer
        return (
            f"What answered while {doing} was not AWS ({said}): "
            "check the network and AWS_ENDPOINT_URL, then repeat."
        )
    return f"The request failed while {doing}: {said}."


def _flat(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
