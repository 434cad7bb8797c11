"""What follows a bake time without a verdict: `--on-inconclusive stop`, `wait` or `synthetic`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from release.state import alias
from release.tests.fakes import FakeMonitoring
from release.tests.test_cli import CANARY, CONTENT, GATE, Shell

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from release.aws.lambda_functions import Invocation
    from release.observation import Policy, Samples

POLLS_OF_BAKE = 7
"""At 0, 10, ... 60 seconds."""


class Trickle(FakeMonitoring):
    """A quiet hour: some samples more at every poll, and an alarm from some poll on."""

    def __init__(self, per_poll: int, alarm_from: int | None = None) -> None:
        super().__init__(invocations=0)
        self._per_poll = per_poll
        self._alarm_from = alarm_from

    def samples(self, policy: Policy, now: datetime) -> Samples:
        """As many as the polls so far have brought."""
        self.invocations = self._per_poll * self.polls
        if self._alarm_from is not None and self.polls >= self._alarm_from:
            self.states["errors"] = "ALARM"
        return super().samples(policy, now)


class Watched(Shell):
    """A canary of version 2 whose synthetic traffic is seen."""

    def __init__(self, folder: Path, monitoring: FakeMonitoring) -> None:
        super().__init__(folder)
        self.monitoring = monitoring
        self.sent: list[tuple[str, dict[str, object]]] = []
        answer = self.functions.answer

        def see(qualifier: str, payload: bytes) -> Invocation:
            self.sent.append((qualifier, json.loads(payload)))
            return answer(qualifier, payload)

        self.functions.answer = see
        assert self(*CANARY) == 0

    def gate(self, *arguments: str) -> int:
        """The gate's exit status."""
        return self(*GATE, "--json", str(self.result), *arguments)

    @property
    def weights(self) -> dict[str, float]:
        """What the canary has left."""
        return dict(alias.read(self.functions).weights)


@pytest.mark.parametrize("arguments", [(), ("--on-inconclusive", "stop")])
def test_stop_ends_with_the_bake_time(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Exit 3, the alias back, not one synthetic event; it is what happens unless told otherwise."""
    shell = Watched(tmp_path, Trickle(10))
    assert shell.gate(*arguments) == 3
    assert shell.monitoring.polls == POLLS_OF_BAKE
    assert (shell.weights, shell.sent) == ({}, [])
    assert "70 of 299 samples" in str(shell.written()["message"])


def test_wait_goes_on_until_there_are_samples(tmp_path: Path) -> None:
    """As soon as they suffice it passes, and the canary can be promoted."""
    shell = Watched(tmp_path, Trickle(20))
    assert shell.gate("--on-inconclusive", "wait", "--patience", "600") == 0
    assert shell.monitoring.polls == 16  # 320 samples, the first multiple of 20 that suffices
    assert (shell.weights, shell.sent) == ({"2": 0.25}, [])
    assert shell("promote", "--version", "2") == 0


def test_wait_ends_with_its_patience(tmp_path: Path) -> None:
    """Exit 3 and the alias back: inconclusive never promotes, however long it waited."""
    shell = Watched(tmp_path, Trickle(1))
    assert shell.gate("--on-inconclusive", "wait", "--patience", "100") == 3
    assert shell.monitoring.polls == POLLS_OF_BAKE + 10
    assert (shell.weights, shell.sent) == ({}, [])
    assert shell("promote", "--version", "2") == 2


def test_wait_still_sees_a_failure(tmp_path: Path) -> None:
    """An alarm during the wait ends it at once, with the alias back."""
    shell = Watched(tmp_path, Trickle(1, alarm_from=10))
    assert shell.gate("--on-inconclusive", "wait", "--patience", "600") == 1
    assert shell.monitoring.polls in (10, 11)
    assert shell.weights == {}


def test_wait_waits_for_alarms_too(tmp_path: Path) -> None:
    """An alarm without data is nothing that synthetic traffic could mend, but time may."""
    monitoring = FakeMonitoring(states={"errors": "INSUFFICIENT_DATA"})
    shell = Watched(tmp_path, monitoring)
    assert shell.gate("--on-inconclusive", "wait", "--patience", "50") == 3
    assert monitoring.polls == POLLS_OF_BAKE + 5


def test_synthetic_traffic_makes_good_for_a_quiet_hour(tmp_path: Path) -> None:
    """Events at the candidate by its number, none before the bake time is over."""
    shell = Watched(tmp_path, Trickle(0))
    assert shell.gate("--on-inconclusive", "synthetic", "--patience", "600") == 0
    synthetic = shell.written()["syntheticSamples"]
    assert synthetic == len(shell.sent) >= 299
    assert {qualifier for qualifier, _ in shell.sent} == {"2"}
    assert all(str(event["id"]).startswith("synthetic-2-") for _, event in shell.sent)
    assert shell.weights == {"2": 0.25}


def test_synthetic_traffic_convicts_a_wrong_answer(tmp_path: Path) -> None:
    """An answer that is wrong is a failure of the candidate's, though no metric shows it."""
    shell = Watched(tmp_path, Trickle(0))
    right = shell.functions.answer

    def wrong(qualifier: str, payload: bytes) -> Invocation:
        run = right(qualifier, payload)
        assert isinstance(run.payload, dict)
        run.payload["double"] = 1
        return run

    shell.functions.answer = wrong
    assert shell.gate("--on-inconclusive", "synthetic", "--patience", "600") == 1
    assert shell.weights == {}


def test_synthetic_traffic_ends_with_its_patience(tmp_path: Path) -> None:
    """Too slow a rate to come by the samples in time: exit 3."""
    shell = Watched(tmp_path, Trickle(0))
    arguments = ("--on-inconclusive", "synthetic", "--patience", "100", "--synthetic-rate", "1")
    assert shell.gate(*arguments) == 3
    assert 90 <= len(shell.sent) <= 110
    assert shell.weights == {}


@pytest.mark.parametrize("state", ["INSUFFICIENT_DATA", "ABSENT", "UNREADABLE"])
def test_no_synthetic_traffic_where_that_mends_nothing(tmp_path: Path, state: str) -> None:
    """Samples are not all that is missing: no event is sent, and it stays inconclusive."""
    monitoring = Trickle(0)
    monitoring.states["errors"] = state  # type: ignore[assignment]
    shell = Watched(tmp_path, monitoring)
    assert shell.gate("--on-inconclusive", "synthetic", "--patience", "50") == 3
    assert shell.sent == []


def test_synthetic_traffic_leaves_room_for_live_traffic(tmp_path: Path) -> None:
    """Four of five busy, the fifth kept back: not one event, and inconclusive in the end."""
    monitoring = Trickle(0)
    monitoring.used = 4
    shell = Watched(tmp_path, monitoring)
    shell.outputs.write_text(json.dumps({**CONTENT, "reservedConcurrency": 5}))
    assert shell.gate("--on-inconclusive", "synthetic", "--patience", "50") == 3
    assert shell.sent == []


def test_an_unknown_way_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and the three there are named."""
    shell = Watched(tmp_path, FakeMonitoring())
    assert shell.gate("--on-inconclusive", "hope") == 2
    told = capsys.readouterr().err
    assert all(way in told for way in ("stop", "wait", "synthetic"))
