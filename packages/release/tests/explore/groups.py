"""Which commands are run at once, from where, and what must hold however they meet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from release.tests.explore.commands import LIVE, LIVE_WATCH, WATCH

if TYPE_CHECKING:
    from release.tests.explore.commands import Served, Words

CANARY = ("canary", "--version", "4", "--weight", "0.1")
GATE = ("gate", "--version", "4", *WATCH)
BAD_CANARY = ("canary", "--version", "3", "--weight", "0.1")
BAD_GATE = ("gate", "--version", "3", *WATCH)
PROMOTE = ("promote", "--version", "4")
ROLLOUT = ("rollout", "--version", "4", "--steps", "0.1", *WATCH, "--watch", "0")
BAD_ROLLOUT = ("rollout", "--version", "3", "--steps", "0.1", *WATCH, "--watch", "0")
ROLLBACK = ("rollback",)
CANARY_ONLY = ("rollback", "--canary-only")
PRUNE = ("prune", "--keep", "2")
DEPLOYER = ("deployer",)
"""A deployment: it publishes a version, then its alarms watch that one."""

JUDGED = (*LIVE, CANARY, GATE)
TWICE = (*JUDGED, PROMOTE)
SETTLED = (*LIVE, LIVE_WATCH)
OLD: Served = ("1", {})
GOOD: Served = ("2", {})
NEW: Served = ("4", {})
UNDER_WAY: Served = ("2", {"4": 0.1})


@dataclass(frozen=True)
class Group:
    """Commands at once, after some that ran one by one; `ends` is all that may be served then.

    Version 1 was live first; 3 fails every event; 4 is good and the last deployment's.
    """

    commands: tuple[Words, ...]
    ends: tuple[Served, ...]
    before: tuple[Words, ...] = SETTLED
    version: str = "4"
    """Which one the alarms watch."""

    @property
    def name(self) -> str:
        """The commands' own, joined; several of one kind are numbered by what they are given."""
        names = [_name(words) for words in self.commands]
        times = Counter(names)
        return "+".join(dict.fromkeys(
            name if times[name] == 1 else f"{times[name]}-{name}s" for name in names
        ))  # fmt: skip


def _name(words: Words) -> str:
    bad = "bad-" if "3" in words else ""
    return "end-canary" if "--canary-only" in words else bad + words[0]


GROUPS = (
    Group((ROLLBACK, ROLLBACK), (GOOD,), TWICE),
    Group((ROLLBACK, CANARY_ONLY), (OLD,), (*LIVE, CANARY)),
    Group((ROLLBACK, ROLLOUT), (OLD, GOOD, NEW)),
    Group((CANARY_ONLY, ROLLOUT), (GOOD, NEW), LIVE),
    Group((ROLLBACK, BAD_ROLLOUT), (OLD,), version="3"),
    Group((ROLLBACK, BAD_GATE), (OLD,), (*LIVE, BAD_CANARY), "3"),
    Group((ROLLBACK, PROMOTE), (OLD, GOOD), JUDGED),
    Group((CANARY_ONLY, PROMOTE), (GOOD, NEW), JUDGED),
    Group((PROMOTE, PROMOTE), (NEW,), JUDGED),
    Group((GATE, PROMOTE), (UNDER_WAY, GOOD, NEW), (*LIVE, CANARY)),
    Group((ROLLBACK, LIVE_WATCH), (GOOD,), TWICE),
    Group((LIVE_WATCH, LIVE_WATCH), (NEW,), TWICE),
    Group((GATE, GATE), (UNDER_WAY,), (*LIVE, CANARY)),
    Group((GATE, DEPLOYER), (UNDER_WAY, GOOD), (*LIVE, CANARY)),
    Group((ROLLOUT, DEPLOYER), (GOOD, NEW)),
    Group((ROLLOUT, ROLLOUT), (GOOD, NEW), LIVE),
    Group((ROLLOUT, BAD_ROLLOUT), (GOOD, NEW), LIVE),
    Group((CANARY, BAD_CANARY), (UNDER_WAY, ("2", {"3": 0.1}))),
    Group((CANARY, ROLLBACK), (OLD, ("1", {"4": 0.1}))),
    Group((PRUNE, ROLLOUT), (NEW,)),
    Group((PRUNE, ROLLBACK), (GOOD,), TWICE),
    Group((PRUNE, DEPLOYER), (NEW,), TWICE),
    Group((PRUNE, PRUNE), (NEW,), TWICE),
    Group((ROLLBACK, ROLLBACK, DEPLOYER), (GOOD,), TWICE),
    Group((ROLLBACK, PROMOTE, PRUNE), (OLD, GOOD, NEW), JUDGED),
    Group((ROLLBACK, ROLLOUT, DEPLOYER), (OLD, GOOD, NEW)),
    Group((ROLLBACK, ROLLBACK, PROMOTE), (OLD, GOOD), JUDGED),
    Group((ROLLBACK, CANARY_ONLY, GATE), (OLD,), (*LIVE, CANARY)),
)
