"""Going on where AWS does not answer: what must not be left as it is is tried for minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from release.errors import LastingError, MovedOnError, UnavailableError, UnfinishedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from release.context import Release

T = TypeVar("T")

SECONDS = 300.0
"""How long by default: longer than Lambda's control plane is throttled for as a rule."""

PAUSE = 5.0
"""Seconds between two tries, each of which an SDK repeats by itself."""


def insist(
    attempt: Callable[[], T],
    release: Release,
    seconds: float = SECONDS,
) -> T:
    """What the attempt returns, tried again for so long while AWS does not answer.

    The last UnavailableError or UnfinishedError then; at once where time alone mends nothing. An
    interruption is followed by one last try.
    """
    clock = release.clock
    end = clock.monotonic() + seconds
    while True:
        try:
            return attempt()
        except (UnavailableError, UnfinishedError) as error:
            lasting = any(
                isinstance(each, LastingError | MovedOnError) for each in (error, error.__cause__)
            )
            if lasting or clock.monotonic() >= end:
                raise
            release.say(f"Trying again: {error}")
        try:
            clock.sleep(PAUSE)
        except KeyboardInterrupt:
            return attempt()
