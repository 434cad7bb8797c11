"""What a person must put right before anything is deployed."""

from __future__ import annotations


class UsageError(Exception):
    """A refusal, worded as one sentence that says what to do."""
