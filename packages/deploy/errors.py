"""What a person must put right before anything is deployed."""

from __future__ import annotations


class OperationError(Exception):
    """What Pulumi, its backend or AWS refused, in its own words."""


class LockedError(OperationError):
    """Somebody else's deployment holds the stack, or one that was killed."""
