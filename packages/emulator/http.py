"""The HTTP messages that services exchange with the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emulator.access.keys import Principal


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    `path` is percent-decoded and without the query, header names are lower case; `caller` is whom
    IAM judges, None for the account's root.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    caller: Principal | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response, its body complete."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Service(Protocol):
    """An AWS service behind the gateway."""

    async def handle(self, request: Request) -> Response:
        """Answer `request`; raises `emulator.errors.AwsError` for anything AWS would refuse."""
        ...
