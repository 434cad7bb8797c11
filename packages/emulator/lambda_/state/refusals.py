"""Lambda's refusals: error codes, statuses and members as AWS sends them.

Codes and statuses are those of botocore's Lambda service model; texts are those that AWS was
recorded to send (the snapshots of LocalStack's tests against AWS).
"""

from __future__ import annotations

from emulator.errors import AwsError

USER: dict[str, object] = {"Type": "User"}


def invalid(message: str) -> AwsError:
    """A 400 for a value that the model allows and Lambda does not."""
    return AwsError("InvalidParameterValueException", message, members=USER)


def validation(*faults: str) -> AwsError:
    """A 400 for values that the service model forbids; AWS counts the faults and joins them."""
    noun = "error" if len(faults) == 1 else "errors"
    message = f"{len(faults)} validation {noun} detected: {'; '.join(faults)}"
    return AwsError("ValidationException", message)


def unreadable(message: str) -> AwsError:
    """A 400 for a request that cannot be read as the operation's input."""
    return AwsError("SerializationException", message, members=USER)


def not_found(message: str) -> AwsError:
    """A 404; this shape's text key has a capital letter."""
    return AwsError("ResourceNotFoundException", message, 404, members=USER, message_key="Message")


def function_not_found(arn: str) -> AwsError:
    """A 404 that names the function, version or alias as it was asked for."""
    return not_found(f"Function not found: {arn}")


def conflict(message: str) -> AwsError:
    """A 409: the resource exists already or its state forbids the operation."""
    return AwsError("ResourceConflictException", message, 409, members=USER)


def wrong_revision(call: str = "GetFunction/GetAlias") -> AwsError:
    """A 412: someone else changed the resource since the caller read its revision."""
    message = (
        "The Revision Id provided does not match the latest Revision Id. "
        f"Call the {call} API to retrieve the latest Revision Id"
    )
    return AwsError("PreconditionFailedException", message, 412, members=USER)


def too_large(message: str) -> AwsError:
    """A 413 (a code that the service model does not declare, hence a plain ClientError)."""
    return AwsError("RequestEntityTooLargeException", message, 413)


def not_emulated(what: str) -> AwsError:
    """A 501: AWS has this, the emulator does not. `what` names the operation or parameter."""
    return AwsError("NotImplementedException", f"{what} is not emulated.", 501, members=USER)
