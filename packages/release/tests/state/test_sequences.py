"""Any sequence of commands, deaths and interference: the alias serves only good versions."""

from __future__ import annotations

from dataclasses import replace

from console.errors import UsageError
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from release.commands.canary import canary
from release.commands.promote import promote
from release.commands.rollback import rollback
from release.gate.judge import Request, judge
from release.state import alias
from release.tests.fakes import OUTPUTS, FakeClock, FakeFunctions, FakeMonitoring, release_of

OUTPUTS_OF_ANY = replace(OUTPUTS, candidate_version=None)

NUMBERS = ("1", "2", "3", "4")
numbers = st.sampled_from(NUMBERS)
meddling = st.sampled_from(["no", "no", "no", "touch", "rollback"])


class Killed(BaseException):
    """The process is gone."""


class Releases(RuleBasedStateMachine):
    """Versions are good or bad from birth; only the gate can tell."""

    def __init__(self) -> None:
        super().__init__()
        self.functions = FakeFunctions(*NUMBERS)
        self.clock = FakeClock()
        self.bad: set[str] = set()
        self.served = {"1"}

    @initialize(bad=st.sets(st.sampled_from(NUMBERS[1:])))
    def born(self, bad: set[str]) -> None:
        """Which versions are bad; version 1 is live and good."""
        self.bad = bad

    @rule(version=numbers, quiet=st.sampled_from([False, False, True]), meddle=meddling)
    def release(self, version: str, quiet: bool, meddle: str) -> None:
        """The usual way, regardless of what each step answers."""
        self.start_canary(version, 0.1)
        self.run_gate(version, quiet, meddle)
        self.try_promotion(version)

    @rule(version=numbers, weight=st.sampled_from([0.0, 0.1, 1.0]))
    def start_canary(self, version: str, weight: float) -> None:
        """Anything may become the canary."""
        self._try(
            lambda: canary(
                release_of(self.functions, outputs=OUTPUTS_OF_ANY, clock=self.clock),
                version,
                weight,
            )
        )

    @rule(version=numbers, quiet=st.sampled_from([False, False, True]), meddle=meddling)
    def run_gate(self, version: str, quiet: bool, meddle: str) -> None:
        """A bad version raises its alarm unless the hour is quiet, when nothing is known."""
        monitoring = FakeMonitoring(watched_version=version)
        if quiet:
            monitoring.invocations = 3
        elif version in self.bad:
            monitoring.states["errors"] = "ALARM"

        def interfere() -> None:
            self.clock.on_sleep = None
            event(f"meddle: {meddle}")
            if meddle == "touch":
                self.functions.touch()
            elif meddle == "rollback":
                self._try(
                    lambda: rollback(
                        release_of(self.functions, outputs=OUTPUTS_OF_ANY, clock=self.clock)
                    )
                )

        self.clock.on_sleep = interfere
        request = Request(version, bake=20, poll=10)
        self._try(
            lambda: judge(
                release_of(
                    self.functions, monitoring=monitoring, outputs=OUTPUTS_OF_ANY, clock=self.clock
                ),
                request,
            )
        )
        self.clock.on_sleep = None

    @rule(version=numbers)
    def try_promotion(self, version: str) -> None:
        """Whoever asks, with or without a gate before."""
        self._try(
            lambda: promote(
                release_of(self.functions, outputs=OUTPUTS_OF_ANY, clock=self.clock), version
            )
        )

    @rule()
    def roll_back(self) -> None:
        """To the previous version, or out of the canary."""
        self._try(
            lambda: rollback(release_of(self.functions, outputs=OUTPUTS_OF_ANY, clock=self.clock))
        )

    @rule(data=st.data())
    def roll_back_to(self, data: st.DataObject) -> None:
        """To any version that was live before."""
        version = data.draw(st.sampled_from(sorted(self.served)))
        self._try(
            lambda: rollback(
                release_of(self.functions, outputs=OUTPUTS_OF_ANY, clock=self.clock), version
            )
        )

    @rule(after=st.booleans())
    def die_at_the_next_write(self, after: bool) -> None:
        """The next command's process ends right before or right after its write."""

        def die() -> None:
            self.functions.before_write = self.functions.after_write = None
            event("killed")
            raise Killed

        if after:
            self.functions.after_write = die
        else:
            self.functions.before_write = die

    @invariant()
    def serves_a_good_version(self) -> None:
        """The alias's primary version is never a bad one, and neither is the way back."""
        seen = alias.read(self.functions)
        assert seen.version not in self.bad
        assert seen.record.previous not in self.bad
        if seen.version not in self.served:
            event("promoted")
        self.served.add(seen.version)

    @invariant()
    def weighs_only_the_canary_on_record(self) -> None:
        """A weight belongs to the canary on record, which no gate has found wanting."""
        seen = alias.read(self.functions)
        candidate = seen.record.candidate
        for version in seen.weights:
            assert candidate is not None
            assert candidate.version == version
            assert candidate.verdict in (None, "pass")

    @invariant()
    def a_pass_is_deserved(self) -> None:
        """No bad version carries a pass."""
        candidate = alias.read(self.functions).record.candidate
        assert not (candidate and candidate.verdict == "pass" and candidate.version in self.bad)

    @staticmethod
    def _try(command: object) -> None:
        """A command may be refused, lose a race or be killed."""
        assert callable(command)
        try:
            command()
        except (UsageError, Killed):
            return


Releases.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestReleases = Releases.TestCase
