"""Runs a group of commands in every order, and checks what must hold at each end."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unittest import mock

from release.tests.explore.cloud import ALIAS, Cloud, served
from release.tests.explore.interleaved import Command, Deployer, Search, stands
from release.tests.explore.trials import ABANDONED, OUTPUTS, STATUSES, fresh

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from release.tests.explore.groups import Group
    from release.tests.explore.interleaved import State
    from release.tests.explore.trials import Explorer

DEPLOYED = {**OUTPUTS, "candidateVersion": "4", "codeSha256": "sha-4"}
LETTERS = "abc"
WATCHING = ("gate", "rollout", "watch")


@dataclass
class Together:
    """One group; what was checked of a state of AWS once is not checked again."""

    group: Group
    explorer: Explorer
    checked: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def search(self) -> Search:
        """From where the group begins."""
        outputs = self.explorer.folder / "deployed.json"
        outputs.write_text(json.dumps(DEPLOYED), encoding="utf-8")
        cloud = Cloud(versions=list("1234"), watched=self.group.version)
        cloud.answer("CreateAlias", "", {"Name": ALIAS, "FunctionVersion": "1"})
        names = (f"{number:08x}" for number in itertools.count(0xF0000000))
        with mock.patch("secrets.token_hex", side_effect=names):
            for words in self.group.before:
                cloud.watched = "3" if "3" in words else words[2] if len(words) > 2 else "2"
                self.explorer.run(cloud, words)
                cloud.clock.sleep(1)
        cloud.watched = self.group.version
        commands = [
            Deployer(number, words, self.explorer.wire, outputs)
            if words == ("deployer",)
            else Command(number, words, self.explorer.wire, outputs)
            for number, words in enumerate(self.group.commands)
        ]
        return Search(commands, cloud)

    def explore(self) -> dict[str, object]:
        """A report: `group`, `states`, `schedules`, `ends`, `wrong` with a schedule for each."""
        search, ends = self.search(), 0
        wrong: dict[str, str] = {}

        def end(state: State, schedule: Sequence[int]) -> None:
            nonlocal ends
            ends += 1
            for each in self.judge(search, state):
                wrong.setdefault(each, self.group.name + ":" + written(schedule))

        states, schedules = search.run(end)
        return {
            "group": self.group.name, "states": states, "schedules": schedules, "ends": ends,
            "wrong": [{"schedule": schedule, "what": each} for each, schedule in wrong.items()],
        }  # fmt: skip

    def replay(self, schedule: str) -> Iterator[str]:
        """Each call of one schedule, what the alias serves after it, and what does not hold."""
        search = self.search()
        state = search.start
        for number in read(schedule):
            request = search.request(state, number)
            if request is None:
                raise ValueError(f"command {LETTERS[number]} has ended before that")
            before, state = served(state.cloud), search.step(state, number)
            after = served(state.cloud)
            shown = "" if after == before else f" → {after[0]} {after[1] or ''}".rstrip()
            yield f"{LETTERS[number]} {self.group.commands[number][0]}: {request[0]}{shown}"
        for number, words in enumerate(self.group.commands):
            if (found := search.ended(state, number)) is not None:
                yield f"{LETTERS[number]} {' '.join(words)} ended with {found.status}: {found.said}"
        yield from self.judge(search, state)

    def judge(self, search: Search, state: State) -> Iterator[str]:
        """What does not hold where all have ended."""
        for number in range(len(search.commands)):
            for wrong in self._of_one(search, state, number):
                yield f"{' '.join(self.group.commands[number])}: {wrong}"
        if served(state.cloud) not in self.group.ends:
            yield f"the alias serves {served(state.cloud)}"
        if any(write.version == "3" for write in state.log):
            yield "version 3, which is bad, was live"
        key = stands(state.cloud)
        if key not in self.checked:
            self.checked[key] = tuple(self._of_aws(state.cloud))
        yield from self.checked[key]

    def _of_one(self, search: Search, state: State, number: int) -> Iterator[str]:
        """What does not hold of one command."""
        ended, words = search.ended(state, number), self.group.commands[number]
        assert ended is not None
        wrote = [place for place, write in enumerate(state.log) if write.by == number]
        if ended.status not in STATUSES or not ended.said.strip():
            yield f"ends with {ended.status}, saying {ended.said.splitlines()[-1:]}"
        if ended.status == 2 and wrote:
            yield "exit status 2, though it wrote the alias"
        since = state.seen[number]
        if since is None:
            return
        told = re.search(r"serves version (\d+) alone \(before", ended.said)
        if words[0] == "rollback" and told:
            values = [served(search.start.cloud), *((w.version, w.weights) for w in state.log)]
            if (told[1], {}) not in values[since:]:
                yield f"says that version {told[1]} serves alone, which it never did"
        if words[0] in WATCHING and wrote:
            others = [w for w in state.log[since : wrote[-1]] if w.by != number]
            if others:
                yield f"goes on although another has written the alias: {others}"

    def _of_aws(self, cloud: Cloud) -> Iterator[str]:
        """What does not hold of what stands in AWS, whoever did it."""
        if wrong := self.explorer.contradiction(fresh(cloud)):
            yield wrong
        version, weights = served(cloud)
        record = json.loads(cloud.alias["Description"])
        for each in (version, *weights, record.get("previous"), cloud.watched):
            if each is not None and each not in cloud.versions:
                yield f"version {each} is needed, and was deleted"
        if weights:
            later = fresh(cloud)
            told = self.explorer.run(later, ("status",)).said
            later.clock.sleep(ABANDONED)
            drift = self.explorer.run(later, ("drift",)).said
            if next(iter(weights)) not in told or "was to be watched for" not in drift:
                yield f"a canary is left, and nobody tells: {told} {drift}"
        for words in self.group.commands:
            repeated = fresh(cloud)
            if words != ("deployer",):
                ended = self.explorer.run(repeated, words)
                if ended.status not in STATUSES or served(repeated)[0] == "3":
                    yield f"{words[0]}, repeated, ends with {ended.status}: {ended.said}"


def written(schedule: Sequence[int]) -> str:
    """A schedule as letters and how often: `a3b1a2`."""
    runs = [(LETTERS[number], len(list(same))) for number, same in itertools.groupby(schedule)]
    return "".join(f"{letter}{times}" for letter, times in runs)


def read(schedule: str) -> list[int]:
    """The inverse; ValueError for text that is none."""
    if not re.fullmatch(r"([abc]\d+)+", schedule):
        raise ValueError(f"{schedule!r} is no schedule, such as a3b1a2")
    found = re.findall(r"([abc])(\d+)", schedule)
    return [LETTERS.index(letter) for letter, times in found for _ in range(int(times))]
