"""Kills a release by SIGKILL around every call that it makes, and runs it again.

A process of its own (`python -m release.tests.killing disk|FUNCTION`), so that it may fork: a child
per point of death. Prints one JSON line per trial.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from console.errors import UsageError

from release.aws.lambda_functions import Functions, LambdaFunctions
from release.commands.canary import canary
from release.commands.promote import promote
from release.commands.prune import prune
from release.commands.rollback import rollback
from release.commands.rollout import Rollout, RolloutRequest
from release.gate.judge import Request, judge
from release.state import alias, ledger
from release.tests.fakes import OUTPUTS, FakeFunctions, FakeMonitoring, release_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from release.state.alias import Alias

GATE = Request("2", bake=20, poll=10)
WHEN = ("before", "after")


class OnDisk(FakeFunctions):
    """A fake whose state outlives its process; a write is on disk before it is answered."""

    def __init__(self, path: Path) -> None:
        super().__init__("1", "2", "3", "4")
        self._path = path
        if path.exists():
            state = pickle.loads(path.read_bytes())  # noqa: S301 (our own file)
            self.alias, self.ledger, self.versions, self._revision = state

    def save(self) -> None:
        """Replace the file as a whole."""
        state = (self.alias, self.ledger, self.versions, self._revision)
        partial = self._path.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(state))
        partial.replace(self._path)


class Mortal:
    """Functions that end their process before or after their n-th call."""

    def __init__(self, inner: Functions, number: int, when: str) -> None:
        self._inner = inner
        self._left = number
        self._when = when

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def call(*arguments: object, **named: object) -> object:
            self._left -= 1
            if self._left == 0 and self._when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            answer = method(*arguments, **named)
            if isinstance(self._inner, OnDisk):
                self._inner.save()
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return call


def monitoring(version: str) -> FakeMonitoring:
    """Version 3 is the bad one."""
    fake = FakeMonitoring(watched_version=version)
    if version == "3":
        fake.states["errors"] = "ALARM"
    return fake


def gate(functions: Functions, version: str) -> object:
    """Watch the canary for two polls."""
    request = Request(version, bake=20, poll=10)
    return judge(release_of(functions, monitoring=monitoring(version), outputs=ANY), request)


def rollout(functions: Functions, version: str) -> object:
    """Two steps."""
    request = Request(version, bake=10, poll=10)
    wanted = RolloutRequest(version, (0.1, 0.5), request)
    fake = monitoring(version)
    return Rollout(release_of(functions, monitoring=fake, outputs=ANY), wanted).run()


def release(functions: Functions, version: str) -> None:
    """The usual way, step by step; a step that was done already is refused or does nothing."""
    seen = alias.read(functions)
    if seen.version == version:
        return
    candidate = seen.record.candidate
    passed = candidate and candidate.version == version and candidate.verdict == "pass"
    if not passed:
        canary(release_of(functions, outputs=ANY), version, 0.25)
        gate(functions, version)
    promote(release_of(functions, outputs=ANY), version, commit="abcdef1")


def prepared(functions: Functions) -> None:
    """Version 2 went live, so that there is something to go back to and to prune."""
    release(functions, "2")


ANY = OUTPUTS
SCENARIOS: dict[str, tuple[bool, Callable[[Functions], object], str]] = {
    "release": (False, lambda f: release(f, "2"), "2"),
    "rollout": (False, lambda f: rollout(f, "2"), "2"),
    "bad rollout": (False, lambda f: rollout(f, "3"), "1"),
    "rollback": (True, lambda f: rollback(release_of(f, outputs=ANY), "1"), "1"),
    "prune": (True, lambda f: prune(release_of(f, outputs=ANY), 2), "2"),
}
"""Whether version 2 is live beforehand, what is run, and what the alias serves in the end."""


def child(command: Callable[[Functions], object], functions: Callable[[], Any]) -> int:
    """Run in a child on functions of its own; its wait status."""
    number = os.fork()
    if number == 0:
        try:
            command(functions())
        except UsageError:
            os._exit(2)
        except BaseException:  # noqa: BLE001 (a child ends here, come what may)
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    return os.waitpid(number, 0)[1]


def check(seen: Alias, functions: Functions, *, ended: str | None) -> list[str]:
    """What must hold after a death (ended None) and after the run that follows it."""
    wrong = []
    if seen.version not in ("1", "2"):
        wrong.append(f"a bad version is live: {seen.version}")
    if difference := ledger.disagreement(seen, ledger.read(functions, seen)):
        wrong.append(difference)
    if ended is not None and (seen.version != ended or seen.weights):
        wrong.append(f"it ends with {seen.version} {dict(seen.weights)} instead of {ended}")
    return wrong


@dataclass(frozen=True)
class Trial:
    """One scenario, killed at one of its calls, and run again."""

    connect: Callable[[], Functions]
    name: str
    number: int
    when: str

    def run(self) -> bool:
        """Whether it was killed; the outcome is printed."""
        live, command, end = SCENARIOS[self.name]
        if live:
            child(prepared, lambda: Mortal(self.connect(), 0, "never"))
        status = child(command, lambda: Mortal(self.connect(), self.number, self.when))
        wrong = self.check(None)
        child(command, lambda: Mortal(self.connect(), 0, "never"))
        wrong += self.check(end)
        killed = os.WIFSIGNALED(status)
        report = {"scenario": self.name, "when": self.when, "call": self.number}
        print(json.dumps({**report, "killed": killed, "wrong": wrong}), flush=True)
        return killed

    def check(self, end: str | None) -> list[str]:
        """What does not hold now; `end` is None before the second run."""
        functions = self.connect()
        return check(alias.read(functions), functions, ended=end)


def trials(connect: Callable[[], Functions], reset: Callable[[], None], names: list[str]) -> None:
    """Every scenario, killed at each of its calls until it gets through."""
    for name in names:
        for when in WHEN:
            for number in range(1, 100):
                reset()
                if not Trial(connect, name, number, when).run():
                    break


def on_disk() -> None:
    """All scenarios on the fake."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        trials(lambda: OnDisk(path), lambda: path.unlink(missing_ok=True), list(SCENARIOS))


def emulated(function: str) -> None:
    """A sample on the emulated Lambda: versions 1 and 2 of a function, its alias on 1."""
    global ANY
    ANY = replace(OUTPUTS, candidate_version=None, code_sha256=None)
    session = boto3.Session()  # shared: it has read Lambda's model already

    def connect() -> Functions:
        return LambdaFunctions(session, function, "production")

    connect()

    def reset() -> None:
        functions = connect()
        for entry in functions.entries():
            functions.delete_entry(entry.name)
        functions.write_alias("1", {}, "", functions.read_alias().revision)

    trials(connect, reset, ["rollback"])


if __name__ == "__main__":
    if sys.argv[1] == "disk":
        on_disk()
    else:
        emulated(sys.argv[1])
