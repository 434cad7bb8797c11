"""GitHub's concurrency groups: one member at a time goes on, the others wait or are cancelled.

https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
"""

from __future__ import annotations

from typing import Protocol

LIMIT = 100
"""How many may wait with `queue: max`; one more is cancelled."""


class Member(Protocol):
    """A run or a job."""

    def cancel(self) -> None:
        """Stop it, or give up waiting."""
        ...


class Groups:
    """Every group of a repository by its name, which ignores case."""

    def __init__(self) -> None:
        self._members: dict[str, list[Member]] = {}

    def enter(
        self, name: str, member: Member, *, queue: str = "single", cancels: bool = False
    ) -> None:
        """Hold the group if it is free, else wait; `cancels` is `cancel-in-progress`.

        By default whoever waited already is cancelled; with `queue: max` it goes first.
        """
        members = self._members.setdefault(name.lower(), [])
        members.append(member)
        waiting = members[1:-1]
        if cancels and len(members) > 1:
            members[0].cancel()
        if queue != "max":
            for other in waiting:
                other.cancel()
        elif len(waiting) >= LIMIT:
            member.cancel()

    def holds(self, member: Member) -> bool:
        """Whether it may go on."""
        return all(members[0] is member for members in self._with(member))

    def leave(self, member: Member) -> None:
        """The next one may go on."""
        for members in self._with(member):
            members.remove(member)

    def _with(self, member: Member) -> list[list[Member]]:
        return [members for members in self._members.values() if member in members]
