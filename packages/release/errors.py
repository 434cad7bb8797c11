"""What can stop a command; each message is one sentence that says what to do."""

from __future__ import annotations

from console.errors import UsageError


class UnavailableError(UsageError):
    """AWS cannot be asked now: unreachable, refused, throttled, or credentials are missing."""


class LastingError(UnavailableError):
    """Nor will AWS answer by itself: credentials or rights have to be mended first."""


class UnfinishedError(Exception):
    """Stopped after something was changed, or may have been: exit status 1; says what."""


class MovedOnError(UnfinishedError):
    """Done, and somebody else, who saw it, has written since: theirs stands, and is not undone."""


class NoAliasError(UsageError):
    """There is no alias: the stack was never deployed, or somebody deleted it."""


class AliasChangedError(Exception):
    """Somebody else wrote the alias between our reading and our writing: nothing was written."""
