"""In place of the docstrings that botocore generates for a client's methods: empty ones."""

from __future__ import annotations

from typing import Self


class _Empty(str):
    __slots__ = ()

    def __new__(cls, *_arguments: object, **_keywords: object) -> Self:
        return super().__new__(cls)


class ClientMethodDocstring(_Empty):
    """The docstring of an operation's method."""


class PaginatorDocstring(_Empty):
    """The docstring of a paginator."""


class WaiterDocstring(_Empty):
    """The docstring of a waiter."""
