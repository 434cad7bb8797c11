"""Runs a command once with each fault at each of its calls, and checks what must hold."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING
from unittest import mock

from release.cli.main import main
from release.outputs import load
from release.state import alias, ledger
from release.tests.explore.cloud import ALIAS, Cloud, served
from release.tests.explore.faults import FAULTS, PASSING, Killed, Trial
from release.tests.fakes import ALARMS, FUNCTION, OUTCOMES, FakeClock, event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from release.tests.explore.commands import Scenario, Served, Words
    from release.tests.explore.faults import Fault
    from release.tests.explore.wire import Wire

OUTPUTS = {
    "lambdaFunctionName": FUNCTION,
    "lambdaAliasName": ALIAS,
    "dlqQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/queue",
    "releaseAlarmNames": list(ALARMS),
    "reservedConcurrency": 5,
    "stack": "staging",
    "outcomes": asdict(OUTCOMES),
}
EVENT = event("e1")
STATUSES = (0, 1, 2, 3, 130)
DRAWN = 1
"""Synthetic events drawn by a smoke test: each further one is the same call once more."""
ABANDONED = 2 * 3600
"""Seconds after which nobody watches a canary of these commands any longer."""

FREE = ("ListAliases", "CreateAlias", "GetFunctionConfiguration")
"""Calls that no rollback of an alias that stands waits for."""


@dataclass(frozen=True)
class Ended:
    """A command's end: `status` is None for a process that was killed."""

    status: int | None
    said: str
    calls: tuple[str, ...]


@dataclass
class Explorer:
    """Runs commands on a wire; files are in `folder`."""

    wire: Wire
    folder: Path
    repeated: dict[tuple[str, str], Served] = field(default_factory=dict)
    """What a repeat leads to from each state that a fault has left."""

    def run(
        self, cloud: Cloud, words: Words, fault: Fault | None = None, number: int = -1
    ) -> Ended:
        """One command as a process of its own."""
        file = self.folder / "event.json"
        file.write_text(EVENT, encoding="utf-8")
        outputs = self.folder / "outputs.json"
        outputs.write_text(json.dumps(OUTPUTS), encoding="utf-8")
        typed = [str(file) if word == "EVENT" else word for word in words]
        trial = Trial(cloud.clock, fault, number)
        self.wire.cloud, self.wire.trial, cloud.clock.on_sleep = cloud, trial, trial.signal
        said = io.StringIO()
        status: int | None
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            mock.patch("release.commands.smoke.DRAWN", DRAWN),
        ):
            try:
                status = main(["--outputs", str(outputs), *typed], self.wire.connect)
            except Killed:
                status = None
            except KeyboardInterrupt:
                status = 130
            except Exception as error:  # noqa: BLE001 (a traceback is what is looked for)
                status, _ = -1, said.write(f"traceback: {error!r}")
        cloud.clock.on_sleep = None
        return Ended(status, said.getvalue(), tuple(trial.calls))

    def prepared(self, scenario: Scenario) -> Cloud:
        """What stands before the command."""
        cloud = Cloud(quiet=scenario.quiet, watched=scenario.version, alarm=scenario.alarm)
        cloud.answer("CreateAlias", "", {"Name": ALIAS, "FunctionVersion": "1"})
        cloud.quiet = False
        for words in scenario.before:
            self.run(cloud, words)
            cloud.clock.sleep(1)
        cloud.quiet = scenario.quiet
        if scenario.gone:
            del cloud.aliases[ALIAS]
        return cloud

    def explore(self, scenario: Scenario) -> Iterator[dict[str, object]]:
        """A report of each trial: `fault`, `call`, `number`, `wrong`."""
        start = self.prepared(scenario)
        calls = self.run(fresh(start), scenario.words).calls
        for number, call in enumerate(calls):
            for fault in FAULTS:
                wrong = self.trial(scenario, start, fault, number)
                yield {"fault": fault, "call": call, "number": number, "wrong": wrong}

    def trial(self, scenario: Scenario, start: Cloud, fault: Fault, number: int) -> list[str]:
        """What does not hold after one fault, and after what is typed then."""
        cloud = fresh(start)
        ended = self.run(cloud, scenario.words, fault, number)
        wrong = [*self.judge(scenario, start, cloud, ended, fault, number)]
        found = (scenario.name, essence(cloud))
        if found not in self.repeated:
            cloud.clock.sleep(60)
            for words in scenario.again:
                self.run(cloud, words)
            self.repeated[found] = served(cloud)
        if self.repeated[found] != scenario.ends:
            wrong.append(f"a repeat ends with {self.repeated[found]} instead of {scenario.ends}")
        return wrong

    def judge(
        self,
        scenario: Scenario,
        start: Cloud,
        cloud: Cloud,
        ended: Ended,
        fault: Fault,
        number: int,
    ) -> Iterator[str]:
        """What does not hold right after the fault."""
        name, (version, weights) = scenario.words[0], served(cloud)
        if ended.status not in (*STATUSES, None):
            yield ended.said.splitlines()[-1]
        if ended.status is not None and not ended.said.strip():
            yield "it ends without a sentence"
        known = scenario.alarm and (
            ended.status in (None, 1, 3, 130) or version == served(start)[0]
        )
        if version == "3" and not known:
            yield f"version {version} is live"
        if "somebody else" in ended.said:
            yield f"nobody else is here: {ended.said.splitlines()[-1]}"
        if ended.status == 2 and changed(start, cloud):
            yield f"exit status 2, though something was changed: {ended.said.splitlines()[-1]}"
        done = name == "gate" and ended.status == 0
        passing = fault in (*PASSING, "refused") or fault.startswith("cancelled")
        begun = number > 0  # the canary that a gate never saw is another command's
        if weights and scenario.watches and begun and not done and passing:
            yield f"a canary is left: {ended.said.splitlines()[-1]}"
        if weights:
            shown = self.run(cloud, ("status",)).said
            if next(iter(weights)) not in shown:
                yield f"status does not tell of the canary: {shown}"
            later = fresh(cloud)
            later.clock.sleep(ABANDONED)
            if "was to be watched for" not in (told := self.run(later, ("drift",)).said):
                yield f"drift does not tell of the abandoned canary: {told}"
        if wrong := self.contradiction(cloud):
            yield wrong
        ended_by = fault.startswith(("killed", "cancelled")) or fault == "credentials expired"
        free = not scenario.gone and not ended_by and ended.calls[number] in FREE
        if name == "rollback" and free and (version, weights) != scenario.ends:
            yield f"the rollback did not move the alias: {ended.said}"

    def contradiction(self, cloud: Cloud) -> str | None:
        """What alias and ledger tell differently, beyond an entry that could not be written."""
        if ALIAS not in cloud.aliases:
            return None
        self.wire.cloud, self.wire.trial = cloud, Trial(cloud.clock)
        functions = self.wire.connect(load(self.folder / "outputs.json")).functions
        seen = alias.read(functions)
        told = ledger.disagreement(seen, ledger.read(functions, seen))
        return None if told is None or "could not be written" in told else told


def fresh(cloud: Cloud) -> Cloud:
    """A copy to go on from."""
    clock, process = FakeClock(), cloud.process
    clock.elapsed = cloud.clock.elapsed
    with mock.patch.multiple(cloud, clock=None, process=None):
        other = copy.deepcopy(cloud)
    other.clock, other.process = clock, process
    return other


def essence(cloud: Cloud) -> str:
    """What stands, without what differs from run to run: names, digests and times."""
    state = [sorted(map(str, cloud.aliases.values())), cloud.versions, sorted(cloud.queue)]
    text = re.sub(r"\b(ledger-)?[0-9a-f]{8}\b|'r\d+'|\d{4}-\d\d-\d\dT[\d:.]+Z", "*", str(state))
    return str(sorted(text.split("}, {")))


def changed(before: Cloud, after: Cloud) -> bool:
    """Whether the alias, a version, a message or an entry is another; new orphans are nothing."""
    lost = before.aliases.keys() - after.aliases.keys()
    return (
        bool(lost)
        or any(getattr(before, name) != getattr(after, name) for name in ("alias", "versions"))
        or sorted(before.queue) != sorted(after.queue)
    )
