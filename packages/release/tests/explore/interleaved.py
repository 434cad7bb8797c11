"""Several commands at once, in every order of their calls that can make a difference.

A command's next call depends on nothing but the answers that it had (its clock and its random
numbers are its own), so it is run once for each sequence of answers, alone, and remembered. What
is searched is then a graph: a state is what stands in AWS and the answers that each command had;
a step is the next call of one of them.

Two reductions keep it small, and neither leaves out a behaviour. A call that reads nothing that
another command of the group writes, and writes nothing that another reads or writes, happens at
once: it commutes with all that the others can do meanwhile. A state that was reached before is not
searched again: whatever follows from it has been seen.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import itertools
import json
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from unittest import mock

from release.cli.main import main
from release.tests.explore.cloud import ALIAS, Body, served
from release.tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from release.tests.explore.cloud import Answer, Cloud
    from release.tests.explore.commands import Words
    from release.tests.explore.wire import Wire

Request = tuple[str, str, Body]
"""Operation, path and body."""

ALIASES, LEDGER, VERSIONS, ALARMS = "aliases", "ledger", "versions", "alarms"
READS = {
    "GetAlias": {ALIASES}, "ListAliases": {ALIASES, LEDGER},
    "ListVersionsByFunction": {VERSIONS}, "GetFunctionConfiguration": {VERSIONS},
    "Invoke": {VERSIONS}, "DescribeAlarms": {ALARMS},
    "UpdateAlias": {ALIASES, VERSIONS}, "CreateAlias": {VERSIONS},
    "DeleteFunction": {ALIASES, LEDGER, VERSIONS},
}  # fmt: skip
"""What a call's answer or effect depends on; of others it depends on nothing that is written."""
WRITES = {
    "UpdateAlias": {ALIASES}, "DeleteFunction": {VERSIONS}, "PublishVersion": {VERSIONS},
    "PutMetricAlarm": {ALARMS},
}  # fmt: skip


def reads(request: Request) -> set[str]:
    """What a call's answer or effect depends on."""
    return READS.get(request[0], set())


def writes(request: Request) -> set[str]:
    """What a call may change; an alias is a ledger's entry by its name."""
    operation, path, body = request
    if operation in ("CreateAlias", "DeleteAlias"):
        name = body.get("Name") or path.rpartition("/")[2]
        return {ALIASES if name == ALIAS else LEDGER}
    return WRITES.get(operation, set())


@dataclass(frozen=True)
class Ended:
    """A command's end."""

    status: int
    said: str


@dataclass
class Node:
    """A command after some answers: what it asks next, or how it ended."""

    answers: tuple[Answer, ...] = ()
    request: Request | None = None
    ended: Ended | None = None
    after: dict[str, int] = field(default_factory=dict)
    """The node after each answer, by the answer's text."""


@dataclass
class _Script:
    """Answers a run's calls as before, then from what stands in AWS, noting what was asked."""

    answers: Sequence[Answer]
    calls: list[str] = field(default_factory=list)
    asked: list[tuple[Request, Answer]] = field(default_factory=list)

    def begin(self, operation: str) -> None:
        self.calls.append(operation)

    def attempt(self, act: Callable[[], Answer]) -> Answer:
        request: Request = act.args  # type: ignore[attr-defined]  # a partial of Cloud.answer
        number = len(self.asked)
        answer = self.answers[number] if number < len(self.answers) else act()
        self.asked.append((request, answer))
        return answer


class Command:
    """One command of a group: what it asks after which answers."""

    def __init__(self, number: int, words: Words, wire: Wire, outputs: Path) -> None:
        self.number, self.words = number, words
        self._wire, self._outputs = wire, outputs
        self.nodes = [Node()]
        self._ends: dict[tuple[int, str], int] = {}
        """The node of each end: what a command did before it ended concerns nobody any more."""

    def node(self, place: int, cloud: Cloud) -> Node:
        """What it is about to do there, with that in AWS if nobody else did anything."""
        found = self.nodes[place]
        if found.request is None and found.ended is None:
            self._run(place, copied(cloud))
        return found

    def settled(self, place: int, cloud: Cloud) -> int:
        """The place, or where it ended there the one that stands for all that ended alike."""
        end = self.node(place, cloud).ended
        return place if end is None else self._ends.setdefault((end.status, end.said), place)

    def next(self, place: int, answer: Answer) -> int:
        """The node after one more answer."""
        found, text = self.nodes[place], json.dumps(answer)
        if text not in found.after:
            found.after[text] = len(self.nodes)
            self.nodes.append(Node((*found.answers, answer)))
        return found.after[text]

    def _run(self, place: int, cloud: Cloud) -> None:
        script = _Script(self.nodes[place].answers)
        cloud.clock = FakeClock()
        cloud.clock.elapsed = 1000.0 + self.number
        names = (f"{self.number:02x}{count:06x}" for count in itertools.count())
        self._wire.cloud, self._wire.trial = cloud, script
        said = io.StringIO()
        with (
            contextlib.redirect_stdout(said), contextlib.redirect_stderr(said),
            mock.patch("secrets.token_hex", side_effect=names),
            mock.patch("secrets.randbits", return_value=self.number),
            mock.patch("release.state.alias.WRITER", str(self.number)),
        ):  # fmt: skip
            try:
                status = main(["--outputs", str(self._outputs), *self.words], self._wire.connect)
            except Exception as error:  # noqa: BLE001 (a traceback is what is looked for)
                status, _ = -1, said.write(f"traceback: {error!r}")
        for number in range(len(script.answers), len(script.asked)):
            request, answer = script.asked[number]
            self.nodes[place].request = request
            place = self.next(place, answer)
        self.nodes[place].ended = Ended(status, said.getvalue())


class Deployer(Command):
    """What a deployment does beside them, whatever it is answered."""

    REQUESTS: tuple[Request, ...] = (
        ("PublishVersion", "", {}),
        ("PutMetricAlarm", "", {}),
    )

    def node(self, place: int, cloud: Cloud) -> Node:  # noqa: ARG002 (the protocol's)
        """The next of its calls."""
        found = self.nodes[place]
        number = len(found.answers)
        if number < len(self.REQUESTS):
            found.request = self.REQUESTS[number]
        else:
            found.ended = Ended(0, "deployed")
        return found


@dataclass(frozen=True)
class Write:
    """A change of the alias, and by which command."""

    by: int
    version: str
    weights: Mapping[str, float]


@dataclass(frozen=True)
class State:
    """What stands in AWS, where each command is, and what became of the alias so far."""

    cloud: Cloud
    places: tuple[int, ...]
    log: tuple[Write, ...] = ()
    seen: tuple[int | None, ...] = ()
    """How long the log was when each command first read the alias."""

    @property
    def key(self) -> object:
        """Equal where nothing that follows can differ."""
        return stands(self.cloud), self.places, self.log, self.seen


def stands(cloud: Cloud) -> str:
    """What is in AWS, as a text."""
    parts = (sorted(cloud.aliases.items()), cloud.versions, cloud.queue, cloud.watched)
    return json.dumps((*parts, str(cloud.moved)))


def copied(cloud: Cloud) -> Cloud:
    """A copy to go on from; aliases are replaced as a whole, never changed."""
    return replace(
        cloud, aliases=dict(cloud.aliases), versions=list(cloud.versions),
        queue=list(cloud.queue), revisions=Counter(cloud.revisions),
    )  # fmt: skip


class Search:
    """Every order of the calls of some commands, from one state of AWS."""

    def __init__(self, commands: Sequence[Command], cloud: Cloud) -> None:
        self.commands = commands
        nobody: tuple[int | None, ...] = (None,) * len(commands)
        self.start = State(cloud, (0,) * len(commands), (), nobody)
        self._reads: list[set[str]] = [set() for _ in commands]
        self._writes: list[set[str]] = [set() for _ in commands]

    def run(self, end: Callable[[State, Sequence[int]], None]) -> tuple[int, int]:
        """Call `end` for each end that differs, with a schedule that leads there.

        Returns how many states there are, and how many orders of calls lead through them. What a
        command touches is learned on the way: where it is more than was known, all begins anew.
        """
        sys.setrecursionlimit(10_000)  # a step deeper for each call
        while True:
            ends: list[tuple[State, tuple[int, ...]]] = []
            orders: dict[bytes, int] = {}
            learned = (copy.deepcopy(self._reads), copy.deepcopy(self._writes))
            total = self._orders(self.start, [], orders, ends)
            if learned == (self._reads, self._writes):
                break
        for state, schedule in ends:
            end(state, schedule)
        return len(orders), total

    def _orders(
        self,
        state: State,
        path: list[int],
        known: dict[bytes, int],
        ends: list[tuple[State, tuple[int, ...]]],
    ) -> int:
        """How many orders lead from a state to an end."""
        key = hashlib.blake2b(repr(state.key).encode(), digest_size=16).digest()
        if key in known:
            return known[key]
        total = 0
        moves = self.moves(state)
        for number in moves:
            path.append(number)
            total += self._orders(self.step(state, number), path, known, ends)
            path.pop()
        if not moves:
            ends.append((state, tuple(path)))
            total = 1
        known[key] = total
        return total

    def moves(self, state: State) -> list[int]:
        """The commands that may go on now: one alone where its call concerns nobody else."""
        able = [
            number
            for number in range(len(self.commands))
            if self.request(state, number) is not None
        ]
        return next(([number] for number in able if self._alone(state, number)), able)

    def request(self, state: State, number: int) -> Request | None:
        """What a command asks next; None if it has ended."""
        return self.commands[number].node(state.places[number], state.cloud).request

    def ended(self, state: State, number: int) -> Ended | None:
        """How a command ended; None if it has not."""
        return self.commands[number].node(state.places[number], state.cloud).ended

    def _alone(self, state: State, number: int) -> bool:
        request = self.request(state, number)
        assert request is not None
        self._reads[number] |= reads(request)
        self._writes[number] |= writes(request)
        return not any(
            reads(request) & self._writes[other]
            or writes(request) & (self._reads[other] | self._writes[other])
            for other in range(len(self.commands))
            if other != number
        )

    def step(self, state: State, number: int) -> State:
        """One call of one command."""
        request = self.request(state, number)
        assert request is not None
        cloud = copied(state.cloud)
        answer = cloud.answer(*request)
        places, seen, log = list(state.places), list(state.seen), state.log
        command = self.commands[number]
        places[number] = command.settled(command.next(places[number], answer), cloud)
        if request[0] == "GetAlias" and seen[number] is None:
            seen[number] = len(log)
        if cloud.alias != state.cloud.alias:
            log = (*log, Write(number, *served(cloud)))
        return State(cloud, tuple(places), log, tuple(seen))
