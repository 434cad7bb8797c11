"""Errors as AWS words them; each service's wire module gives them its protocol's shape."""

from __future__ import annotations


class AwsError(Exception):
    """A refusal: `code` is the wire error code, `status` the HTTP status.

    `members` are further fields of the error shape (`Type`, `Reason`, ...). `message_key` is
    `message` for most of Lambda's shapes and `Message` for a few (botocore's Lambda model).
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        *,
        members: dict[str, object] | None = None,
        message_key: str = "message",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = members or {}
        self.message_key = message_key
