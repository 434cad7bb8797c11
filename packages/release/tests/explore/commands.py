"""Which commands are explored, from where, and where they lead."""

from __future__ import annotations

from dataclasses import dataclass

Words = tuple[str, ...]
Served = tuple[str, dict[str, float]]
"""A version and the weights of others."""

WATCH = ("--bake", "10", "--poll", "10")
CANARY = ("canary", "--version", "2", "--weight", "0.1")
GATE = ("gate", "--version", "2", *WATCH)
BAD_CANARY = ("canary", "--version", "3", "--weight", "0.1")
BAD_GATE = ("gate", "--version", "3", *WATCH)
WHY = ("--reason", "tried")
LIVE_WATCH = ("watch", "--poll", "300")
PROMOTE_BAD = ("promote", "--version", "3", "--reason")
PROMOTE = ("promote", "--version", "2", "--commit", "abcdef1")
ROLLOUT = ("rollout", "--version", "2", "--steps", "0.1", *WATCH, "--watch", "10")
AT_ONCE = ("rollout", "--plan", "all-at-once", "--reason", "now", *WATCH, "--watch", "10",
           "--version")  # fmt: skip
SYNTHETIC = (*GATE, "--on-inconclusive", "synthetic", "--synthetic-rate", "1",
             "--minimum-samples", "2",
             "--maximum-error-share", "0.8", "--patience", "60")  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """What is run, after what, and what the alias serves once it got through.

    `repeat` is what a person types after it stopped, if not the same again.
    """

    name: str
    words: Words
    ends: Served = ("1", {})
    before: tuple[Words, ...] = ()
    repeat: tuple[Words, ...] = ()
    quiet: bool = False
    alarm: bool = False
    gone: bool = False
    """The alias is deleted before."""

    @property
    def again(self) -> tuple[Words, ...]:
        """What is typed after it stopped."""
        return self.repeat or (self.words,)

    @property
    def version(self) -> str:
        """The candidate, which the alarms watch."""
        return "3" if "3" in self.words or self.alarm else "2"

    @property
    def watches(self) -> bool:
        """Whether it answers for a canary until its end."""
        return self.words[0] in ("gate", "rollout")


LIVE = (CANARY, GATE, PROMOTE)
LEFT = (*LIVE, ("rollback", "--version", "1", *WHY))
SCENARIOS = (
    Scenario("status", ("status",)),
    Scenario("ledger", ("ledger",), ("2", {}), LIVE),
    Scenario("drift", ("drift",)),
    Scenario("discover", ("discover", "--stack", "staging")),
    Scenario("invoke", ("invoke", "EVENT")),
    Scenario("warm", ("warm", "--version", "2")),
    Scenario("smoke", ("smoke", "--version", "2")),
    Scenario("canary", CANARY, ("1", {"2": 0.1})),
    Scenario("gate", GATE, ("1", {"2": 0.1}), (CANARY,), (CANARY, GATE)),
    Scenario("gate of a bad one", BAD_GATE, before=(BAD_CANARY,), repeat=(BAD_CANARY, BAD_GATE)),
    Scenario("gate without traffic", GATE, before=(CANARY,), repeat=(CANARY, GATE), quiet=True),
    Scenario("gate that sends synthetic traffic", SYNTHETIC, ("1", {"2": 0.1}), (CANARY,),
             (CANARY, SYNTHETIC), quiet=True),
    Scenario("promote", PROMOTE, ("2", {}), (CANARY, GATE)),
    Scenario("release_hold", ("release_hold",), before=LEFT),
    Scenario("release_hold --lift", ("release_hold", "--lift", *WHY), before=LEFT),
    Scenario("release_hold --set", ("release_hold", "--set", *WHY), ("2", {}), LIVE),
    Scenario("watch", LIVE_WATCH, ("2", {}), LIVE),
    Scenario("watch of a bad one", LIVE_WATCH, before=((*PROMOTE_BAD, "now"),), alarm=True),
    Scenario("rollback", ("rollback",), before=LIVE),
    Scenario("rollback to a version", ("rollback", "--version", "1"), before=LIVE),
    Scenario("rollback during a canary", ("rollback",), before=(*LIVE, BAD_CANARY)),
    Scenario("rollback of a canary only", ("rollback", "--canary-only", "--reason", "bad"),
             before=(CANARY,)),
    Scenario("rollback of a deleted alias", ("rollback",), ("2", {}), LIVE,
             (("rollback", "--version", "2"),), gone=True),
    Scenario("rollout", ROLLOUT, ("2", {})),
    Scenario("rollout of a bad one", ("rollout", "--version", "3", "--steps", "0.1", *WATCH)),
    Scenario("rollout at once", (*AT_ONCE, "2"), ("2", {})),
    Scenario("rollout at once of a bad one", (*AT_ONCE, "3"), alarm=True,
             repeat=(("rollback", "--version", "1"),)),
    Scenario("prune", ("prune", "--keep", "2"), ("2", {}),
             (*LIVE, ("rollback",), ("rollback", "--version", "2", "--reason", "it was good"))),
    Scenario("redrive", ("redrive", "--rate", "100")),
    Scenario("redrive --list", ("redrive", "--list")),
)  # fmt: skip
