"""The steps of a rehearsal: what each does, and what it must see to hold."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reporting.amounts import count, digest, megabytes, number, rate, share
from reporting.amounts import seconds as worded
from reporting.terminal import spaced
from service.candidates import COLD_SHIFT

from rehearsal import alias as alias_view
from rehearsal import engine_comparison
from rehearsal.journal import StepError
from rehearsal.stack import Stack
from rehearsal.traffic_shift import attempts
from rehearsal.traffic_shift.measurement import (
    QUIET_SECONDS,
    WINDOW_SECONDS,
    ShiftCost,
    judge,
    shift_costs,
)
from rehearsal.traffic_shift.warm_environments import expected_refusals

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from console.processes import Child, Children

    from rehearsal.journal import Journal
    from rehearsal.settings import Settings

LOAD_START_SECONDS = 30.0
BAKE_SECONDS = 12.0
"""How long the gate watches at least: four compressed minutes."""
WATCH_SECONDS = 5
"""How long the promotion is watched. With the start of the next command that is as long as its
shift is measured for."""


@dataclass(slots=True)
class Facts:
    """What the steps saw and later steps, or the report, need."""

    artifact: dict[str, Any] = field(default_factory=dict)
    alias_before: str = ""
    alias_after: str = ""
    gate: dict[str, Any] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)
    shifts: list[ShiftCost] = field(default_factory=list)
    rollback_seconds: float | None = None
    refused_by_smoke: bool = False
    smoke_problems: list[str] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)


class Rehearsal:
    """One rehearsal: its stack, its record, and the facts gathered on the way."""

    def __init__(self, settings: Settings, children: Children, journal: Journal) -> None:
        self.settings = settings
        self.children = children
        self.journal = journal
        self.facts = Facts()
        self.stack = Stack(settings, children, journal.tell)
        self.started = time.time()
        self.watcher: alias_view.Watcher | None = None
        self._load: Child | None = None

    # Each step returns one sentence about what it saw and raises StepError where it did not hold.

    def build_first(self) -> str:
        """Build the artifact of version 1."""
        self.facts.artifact = self.stack.build_candidate("artifact-1", None)
        return describe(self.facts.artifact)

    def start_emulator(self) -> str:
        """Start the emulated AWS."""
        self.stack.start()
        return f"ready at {self.stack.environment['AWS_ENDPOINT_URL']}"

    def deploy_first(self) -> str:
        """Deploy the stack `local` with the first artifact."""
        stack = self.stack
        version = stack.deploy(stack.path("artifact-1"))
        self.watcher = alias_view.Watcher(stack.lambda_, stack.function, stack.alias_name)
        self.watcher.start()
        return f"{stack.function} version {version}"

    def go_live(self) -> str:
        """Make version 1 the live one."""
        version = self.stack.candidate
        self.stack.release("smoke", "--version", version)
        self.stack.release("promote", "--version", version)
        self.facts.alias_before = version
        return self._serves_only(version)

    def deploy_second(self) -> str:
        """Build and deploy the candidate; the alias must not move."""
        before = self.stack.alias()
        self.facts.artifact = self.stack.build_candidate("artifact-2", self.settings.candidate)
        version = self.stack.deploy(self.stack.path("artifact-2"))
        if self.stack.alias() != before:
            raise StepError(f"the deployment moved the alias from {before} to {self.stack.alias()}")
        if version == before.version:
            raise StepError("the changed artifact did not become a new version")
        return f"version {version} is published; the alias still serves {before}"

    def smoke(self) -> str:
        """Send synthetic events to the candidate by its version number.

        Some faulty candidates show here already: they never see an event of a caller.
        """
        smoke = self.stack.release("smoke", "--version", self.candidate, status=None)
        refused = smoke.status == 1
        if refused and not self.settings.bad:
            raise StepError(smoke.said)
        self.facts.refused_by_smoke = refused
        if refused:
            self.facts.smoke_problems = smoke.result.get("problems", [])
        self._serves_only(self.facts.alias_before)
        return smoke.said

    def start_load(self) -> str:
        """Start the peak hour at the alias; it goes on until `finish_load`."""
        ledger = self._ledger
        shutil.rmtree(ledger, ignore_errors=True)
        self._load = self.children.start(
            "load",
            self.stack.load(ledger),
            self.stack.environment,
            self.journal.tell,
        )
        deadline = time.monotonic() + LOAD_START_SECONDS
        events = ledger / "events.jsonl"
        while not (events.exists() and events.stat().st_size):
            if self._load.process.poll() is not None or time.monotonic() > deadline:
                raise StepError(f"the load did not start: {self._load.last_line}")
            time.sleep(0.05)
        settings = self.settings
        return f"a day in {number(settings.load_seconds)} s, {rate(settings.peak_rate)} at its peak"

    def roll_out(self) -> str:
        """Warm the candidate, shift, watch and promote by one command; or see it refused by it."""
        watch = ("--bake", str(BAKE_SECONDS), "--poll", "1", "--watch", str(WATCH_SECONDS))
        wait = ("--on-inconclusive", "wait", "--patience", str(self.settings.load_seconds))
        limits = (
            *("--minimum-samples", str(self.settings.minimum_samples)),
            *("--maximum-error-share", str(self.settings.maximum_error_share)),
        )
        rollout = self.stack.release(
            *("rollout", "--version", self.candidate, *watch, *wait, *limits), status=None
        )
        judged = [step for step in rollout.result.get("steps", []) if "decision" in step]
        self.facts.gate = judged[-1] if judged else {}
        decision = self.facts.gate.get("decision", "not asked")
        said = f"gate: {decision}; {rollout.said}"
        if decision != ("fail" if self.settings.bad else "pass"):
            raise StepError(said)
        if self.settings.bad:
            self.mark("put back")
            return f"{said} {self._serves_only(self.facts.alias_before)}, without a person"
        self.facts.marks.append((time.time() - WATCH_SECONDS, "promote"))
        return f"{said} {self._serves_only(self.candidate)}"

    def shift_cold(self) -> str:
        """Shift all traffic to a candidate that nobody warmed, in the middle of the peak."""
        self._hold(QUIET_SECONDS)
        why = ("--reason", "a shift without warming, to measure what it costs")
        self.stack.release("promote", "--version", self.candidate, *why)
        self.mark("cold shift")
        served = self._serves_only(self.candidate)
        self._hold(WINDOW_SECONDS)
        return served

    def roll_back_and_forward(self) -> str:
        """Roll back to version 1 and forward again under load, one alias write each.

        The first move, the promotion, was measured while it was watched.
        """
        started = time.monotonic()
        self.stack.release("rollback")
        self.facts.rollback_seconds = round(time.monotonic() - started, 2)
        self.mark("roll back")
        self._serves_only(self.facts.alias_before)
        self._hold(WINDOW_SECONDS)
        # By name and with a reason: nothing else leads to what was rolled back from.
        why = ("--reason", "forward again, to measure what it costs")
        self.stack.release("rollback", "--version", self.candidate, *why)
        self.mark("forward")
        forward = self._serves_only(self.candidate)
        self._hold(WINDOW_SECONDS)
        return f"back in {worded(self.facts.rollback_seconds)}, and forward: {forward}"

    def finish_load(self) -> str:
        """See the peak hour through, and judge it."""
        if self._load is None:
            raise StepError("the load was never started")
        self._load.wait()
        summary = self._ledger / "summary.json"
        if not summary.exists():
            raise StepError(f"the load ended without a summary: {self._load.last_line}")
        self.facts.load = json.loads(summary.read_text(encoding="utf-8"))
        self.facts.shifts = self._shifts()
        events, throttle = self.facts.load["events"], self.facts.load["throttle"]
        predicted = throttle["predictedShare"]
        seen = (
            f"{count(events['sent'])} events, {share(throttle['share'])} of the attempts throttled"
        )
        if predicted is not None:
            seen += f", as is meant: Erlang-B predicts {share(predicted)}"
        if throttle["throttled"] == 0:
            raise StepError(f"{seen}: the peak never exceeded the reserved concurrency")
        # A faulty candidate breaks the load's thresholds by design.
        if self.facts.load["verdict"] != "pass" and not self.settings.fault:
            raise StepError(f"{seen}; {' '.join(self.facts.load['reasons'])}")
        return seen

    def judge_shifts(self) -> str:
        """Hold the shifts to their budget; a cold one must be seen to break it."""
        verdict, said = judge(self.facts.shifts, self.facts.load["run"]["startedAt"])
        if verdict != ("over" if self.settings.fault == COLD_SHIFT else "within"):
            raise StepError(said)
        return said

    def reconcile(self) -> str:
        """See that every event sent has exactly one end."""
        events = self.facts.load["events"]
        ends = ("confirmed", "rejected", "deadLettered", "throttled", "failed", "lost")
        counted = ", ".join(f"{count(events.get(end, 0))} {spaced(end)}" for end in ends)
        if events["lost"] or events["duplicated"] or events.get("unverified"):
            raise StepError(f"{counted}, {events['duplicated']} duplicated")
        return f"{count(events['sent'])} sent: {counted}, {events['duplicated']} duplicated"

    # What the steps share.

    @property
    def candidate(self) -> str:
        """The version under rehearsal."""
        return self.stack.candidate

    def refused_already(self) -> bool:
        """Whether there is nothing left to shift, load or judge."""
        return self.facts.refused_by_smoke

    def hold_deployment(self) -> str:
        """Hold that Pulumi's engine finds what it left, and puts back what a hand changed."""
        return engine_comparison.hold(self.stack, "artifact-2")

    def compare_engines(self) -> str:
        """Hold that both engines leave the same in AWS."""
        return engine_comparison.compare(self.stack, "artifact-2")

    def judges(self, action: Callable[[Rehearsal], str]) -> bool:
        """Whether a step only judges what has happened, and something has."""
        if action is Rehearsal.finish_load:
            return self._load is not None
        if action in (Rehearsal.hold_deployment, Rehearsal.compare_engines):
            return bool(self.stack.outputs)
        return action is Rehearsal.reconcile and bool(self.facts.load)

    def mark(self, what: str) -> None:
        """Remember a moment for the plot of the alias."""
        self.facts.marks.append((time.time(), what))

    @property
    def _ledger(self) -> Path:
        return self.settings.directory / "load"

    def _hold(self, seconds: float) -> None:
        """Let live traffic run on; a load that has ended by then measures nothing."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._load is None or self._load.process.poll() is not None:
                raise StepError("the load ended before the shifts were made: make it longer")
            time.sleep(min(0.2, left))

    def _shifts(self) -> list[ShiftCost]:
        if self.watcher is None:
            return []
        made = attempts.read(self._ledger)
        expected = expected_refusals(made, int(self.stack.outputs["reservedConcurrency"]))
        return shift_costs(made, expected, self.watcher.moves)

    def _serves_only(self, version: str) -> str:
        said = self.stack.serves_only(version)
        self.facts.alias_after = version
        return said


def describe(manifest: dict[str, Any]) -> str:
    """Say what an artifact is in one line."""
    return f"{megabytes(manifest['bytes'])}, sha256 {digest(manifest['sha256'])}"
