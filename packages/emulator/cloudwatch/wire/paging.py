"""Pages of a list by a token that holds the place where the next page begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from emulator.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")


def place_of(token: str | None) -> int:
    """Where the page at `token` begins; without a token, the first."""
    if token is not None and not (token.isdecimal() and len(token) < 10):
        raise AwsError("InvalidNextToken", "Request parameter NextToken is invalid")
    return int(token or 0)


def page(items: Sequence[Item], token: str | None, size: int) -> tuple[list[Item], str | None]:
    """The page of `items` at `token`, and the token of the next page if there is one."""
    start = place_of(token)
    end = start + size
    return list(items[start:end]), str(end) if end < len(items) else None
