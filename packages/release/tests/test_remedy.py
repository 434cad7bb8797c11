"""Every inconclusive end names the command that gets further."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest
from rehearsal.workflows.sessions import sessions

from release.cli.arguments import parse
from release.gate.decision import Decision
from release.remedy import Remedy, Typed, sentence
from release.result import Exit, Result
from release.state import alias
from release.tests.fakes import FakeMonitoring
from release.tests.test_cli import CANARY, CONTENT, GATE, Shell

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from release.observation import Policy, Samples


ROLLOUT = ("rollout", "--version", "2", "--bake", "60", "--poll", "10", "--steps", "0.25")


def commands(text: str) -> list[list[str]]:
    """The commands between backticks, one by one."""
    quoted = re.findall(r"`([^`]+)`", text)
    return [shlex.split(part) for each in quoted for part in each.split("&&")]


def hold_that_they_run(text: str) -> list[list[str]]:
    """At least one command; each names a session, the stack and options that are understood."""
    found = commands(text)
    assert found
    for words in found:
        nox, option, session, separator, stack, *options = words
        assert (nox, option, separator, stack) == ("nox", "-s", "--", "staging")
        assert session in sessions()
        if session != "deploy":
            parse(["--outputs", "outputs.json", session, *options])
    return found


def test_the_types_hold_it() -> None:
    """An inconclusive result, or decision, cannot even be made without."""
    with pytest.raises(ValueError, match="names the command"):
        Result(Exit.INCONCLUSIVE, "Nobody knows.")
    with pytest.raises(ValueError, match="has a remedy"):
        Decision("inconclusive", ("nobody knows",))
    with pytest.raises(ValueError, match="has a remedy"):
        Decision("pass", (), Remedy.WAIT)


@pytest.mark.parametrize("remedy", Remedy)
@pytest.mark.parametrize("patience", [0.0, 60.0])
def test_every_remedy_is_a_command_that_runs(remedy: Remedy, patience: float) -> None:
    """As typed, with the options of the command that was inconclusive."""
    typed = Typed("rollout", ("staging",), ("--reason", "it's quiet"))
    hold_that_they_run(sentence(remedy, typed, patience=patience))


class Interrupted(FakeMonitoring):
    """Somebody presses Ctrl-C at the first look."""

    def samples(self, policy: Policy, now: datetime) -> Samples:  # noqa: ARG002 (the protocol's)
        """Never any."""
        raise KeyboardInterrupt


def in_state(state: str) -> Callable[[Shell], None]:
    """The alarm is that way."""

    def set_state(shell: Shell) -> None:
        shell.monitoring = FakeMonitoring(states={"errors": state})  # type: ignore[dict-item]

    return set_state


def touched(shell: Shell) -> None:
    """Somebody else writes the alias at the first look."""

    class Meddler(FakeMonitoring):
        def samples(self, policy: Policy, now: datetime) -> Samples:
            shell.functions.touch()
            self.invocations = 0
            return super().samples(policy, now)

    shell.monitoring = Meddler()


ENDS: dict[str, Callable[[Shell], None]] = {
    "too few samples": lambda shell: setattr(shell, "monitoring", FakeMonitoring(invocations=0)),
    "an alarm without data": in_state("INSUFFICIENT_DATA"),
    "an alarm that is gone": in_state("ABSENT"),
    "an alarm that cannot be read": in_state("UNREADABLE"),
    "the alias was changed": touched,
    "interrupted": lambda shell: setattr(shell, "monitoring", Interrupted()),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("command", [GATE, ROLLOUT])
def test_every_inconclusive_end_names_what_gets_further(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], end: str, command: tuple[str, ...]
) -> None:
    """On the terminal and in the result; the gate's brings back the canary that it ended."""
    shell = Shell(tmp_path)
    if command is GATE:
        assert shell(*CANARY) == 0
    ENDS[end](shell)
    assert shell(*command, "--json", str(shell.result)) == 3
    remedy = str(shell.written()["remedy"])
    assert f"Next: {remedy}" in capsys.readouterr().out
    repeated = hold_that_they_run(remedy)[-1]
    assert repeated[2] == command[0]
    assert repeated[5 : 5 + len(command) - 1] == list(command[1:])
    if command is GATE and not alias.read(shell.functions).weights:
        assert "nox -s canary -- staging --version 2 --weight 0.25 && " in remedy


@pytest.mark.parametrize("command", [GATE, ROLLOUT])
def test_what_the_quiet_hour_names_gets_through(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Typed as it stands it ends with a pass, where nobody sends anything."""
    shell = Shell(tmp_path)
    shell.monitoring = FakeMonitoring(invocations=0)
    if command is GATE:
        assert shell(*CANARY) == 0
    assert shell(*command, "--json", str(shell.result)) == 3
    for words in commands(str(shell.written()["remedy"])):
        assert shell(words[2], *words[5:]) == 0


def test_nothing_to_promote_says_how_a_new_version_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first rollout of a newcomer ends here."""
    shell = Shell(tmp_path)
    first = {**CONTENT, "candidateVersion": "1", "codeSha256": "sha-1"}
    shell.outputs.write_text(json.dumps(first))
    for command in ("rollout", "promote", "canary"):
        assert shell(command) == 0
        told = capsys.readouterr().out
        assert "nox -s build" in told
        assert "nox -s deploy -- staging" in told


def test_a_canary_has_a_weight_of_its_own(tmp_path: Path) -> None:
    """That of the shipped plan's first step."""
    shell = Shell(tmp_path)
    assert shell("canary", "--version", "2") == 0
    assert alias.read(shell.functions).weights == {"2": 0.1}
