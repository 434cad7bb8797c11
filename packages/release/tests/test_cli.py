"""The command line: exit statuses, sentences, files."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from reporting import amounts

from release.aws.clock import to_text
from release.aws.lambda_functions import Invocation, Version
from release.cli.main import main
from release.context import Release
from release.errors import UnavailableError
from release.outputs import load
from release.plans import PLANS, SHIPPED
from release.state import alias
from release.tests.fakes import (
    ALARMS,
    FUNCTION,
    START,
    Echo,
    FakeClock,
    FakeFunctions,
    FakeMonitoring,
    FakeQueue,
)

if TYPE_CHECKING:
    from pathlib import Path

    from release.outputs import Outputs

CONTENT: dict[str, object] = {
    "lambdaFunctionName": FUNCTION,
    "lambdaFunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:echo",
    "lambdaAliasName": "production",
    "dlqQueueUrl": "queue",
    "candidateVersion": "2",
    "codeSha256": "sha-2",
    "releaseAlarmNames": list(ALARMS),
    "stack": "staging",
    "service": "echo",
}
CANARY = ("canary", "--version", "2", "--weight", "0.25")
GATE = ("gate", "--version", "2", "--bake", "60", "--poll", "10")


class Shell:
    """`python -m release` on fakes."""

    def __init__(self, folder: Path) -> None:
        self.outputs = folder / "outputs.json"
        self.outputs.write_text(json.dumps(CONTENT))
        self.result = folder / "deep" / "result.json"
        self.functions = FakeFunctions("1", "2", "3")
        self.monitoring = FakeMonitoring()
        self.queue: FakeQueue | None = FakeQueue()

    def __call__(self, *arguments: str) -> int:
        """The exit status."""
        return main(["--outputs", str(self.outputs), *arguments], self._connect)

    def _connect(self, outputs: Outputs) -> Release:
        return Release(self.functions, self.monitoring, self.queue, FakeClock(), outputs, Echo)

    def written(self) -> dict[str, object]:
        """The content of the result file."""
        content = json.loads(self.result.read_text())
        assert isinstance(content, dict)
        return content


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell of its own, outside of any workflow."""
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_SHA"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path)


def test_a_whole_release_exits_0_at_every_step(shell: Shell) -> None:
    """Smoke, canary, gate, promote, roll back and forward, status, redrive."""
    steps = [
        ("smoke", "--version", "2"), CANARY, GATE, ("promote", "--version", "2"),
        ("rollback",), ("rollback", "--version", "2", "--reason", "back"), ("status",),
        ("redrive",),
    ]  # fmt: skip
    assert [shell(*step) for step in steps] == [0] * len(steps)
    assert alias.read(shell.functions).version == "2"


def test_the_candidate_of_the_deployment_is_the_default(shell: Shell) -> None:
    """A workflow need not know the number; cleaning up after it changes nothing."""
    gate = ("gate", "--bake", "60", "--poll", "10")
    steps = [("smoke",), ("canary", "--weight", "0.25"), gate, ("promote",)]
    assert [shell(*step) for step in steps] == [0, 0, 0, 0]
    assert shell("rollback", "--canary-only") == 0
    assert alias.read(shell.functions).version == "2"


def test_an_empty_field_of_a_form_names_nothing(shell: Shell) -> None:
    """The rollback workflow passes every field as it is."""
    shell("promote", "--version", "2", "--reason", "first")
    assert shell("rollback", "--version", "", "--commit", "", "--reason", "") == 0
    assert alias.read(shell.functions).version == "1"


def test_1_a_failing_gate(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1, the reason on stderr, the alias back."""
    shell(*CANARY)
    shell.monitoring.states["errors"] = "ALARM"
    assert shell(*GATE) == 1
    assert "errors is in ALARM" in capsys.readouterr().err
    assert alias.read(shell.functions).weights == {}


def test_1_a_failing_smoke_test(shell: Shell) -> None:
    """Exit 1 when a version answers wrongly."""
    shell.functions.answer = lambda qualifier, _: Invocation(None, qualifier)
    assert shell("smoke", "--version", "2") == 1


def test_1_dlq_messages_that_stay(shell: Shell) -> None:
    """Exit 1 while something in the queue still fails."""
    shell.queue = FakeQueue("no json")
    assert shell("redrive") == 1


def test_1_a_lost_race(shell: Shell) -> None:
    """Exit 1 when somebody else's write came first."""
    shell.functions.before_write = shell.functions.touch
    assert shell(*CANARY) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("canary", "--version", "9", "--weight", "0.5"), "no version 9"),
        (("canary", "--version", "2", "--weight", "2"), "from 0 to 1"),
        (("canary", "--version", "2", "--weight", "half"), "invalid float"),
        (("gate", "--version", "2", "--since", "yesterday"), "no ISO 8601 time"),
        (("gate", "--version", "2", "--since", "2026-03-01T12:00:00"), "offset"),
        (("gate", "--version", "2"), "not the canary"),
        (("promote", "--version", "2"), "neither live nor the canary"),
        (("rollback",), "no good version before 1"),
        (("rollback", "--canary-only", "--version", "1"), "Name one of"),
        (("rollback", "--commit", "abcdef1", "--version", "1"), "Name one of"),
        (("canary", "--version", "2", "--weight", "1"), "no gate has judged"),
        (("redrive", "--rate", "0"), "--rate"),
        (("frobnicate",), "invalid choice"),
        ((), "COMMAND"),
    ],
)
def test_2_bad_input_is_one_sentence(
    shell: Shell, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], says: str
) -> None:
    """Exit 2, one line on stderr that says what to do, nothing written."""
    assert shell(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert told.err.count("\n") == 1
    assert shell.functions.writes == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "deploy the stack first"),
        ("{", "cannot be read"),
        ("[]", "no JSON object"),
        ("{}", "lacks lambdaFunctionName"),
        (json.dumps({**CONTENT, "releaseAlarmNames": "errors"}), "no list of names"),
    ],
)
def test_2_bad_outputs(
    shell: Shell, capsys: pytest.CaptureFixture[str], content: str | None, says: str
) -> None:
    """Exit 2 when the outputs file is absent or none."""
    shell.outputs.unlink()
    if content is not None:
        shell.outputs.write_text(content)
    assert shell("status") == 2
    assert says in capsys.readouterr().err


def test_2_no_candidate(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 when neither the outputs nor the caller name a version."""
    shell.outputs.write_text(json.dumps({**CONTENT, "candidateVersion": None}))
    assert shell("promote") == 2
    assert "--version N" in capsys.readouterr().err


def test_2_no_alias(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 when the alias is not there, for every command."""
    shell.functions.alias = None
    for command in (CANARY, GATE, ("promote", "--version", "2"), ("rollback",), ("status",)):
        assert shell(*command) == 2
        assert capsys.readouterr().err.count("does not exist") == 1


def test_2_unavailable(shell: Shell) -> None:
    """Exit 2 when AWS cannot be reached; the result file says so too."""
    shell.functions.unavailable = True
    assert shell("rollback", "--json", str(shell.result)) == 2
    assert shell.written() == {
        "command": "rollback",
        "status": "refused",
        "exitCode": 2,
        "message": "AWS could not be reached.",
    }


def test_2_no_queue(shell: Shell) -> None:
    """Exit 2 for a stack that names no dead-letter queue; `status` does without."""
    shell.queue = None
    assert shell("redrive") == 2
    assert shell("status") == 0


def test_3_inconclusive(shell: Shell) -> None:
    """Exit 3 when the gate cannot tell."""
    shell(*CANARY)
    shell.monitoring.invocations = 5
    assert shell(*GATE, "--json", str(shell.result)) == 3
    assert shell.written()["status"] == "inconclusive"


def test_results_are_written_for_programs(shell: Shell) -> None:
    """The gate's figures, as JSON, in a folder made for them."""
    shell(*CANARY)
    assert shell(*GATE, "--json", str(shell.result)) == 0
    written = shell.written()
    assert (written["decision"], written["samples"], written["exitCode"]) == ("pass", 310, 0)
    assert written["alarms"] == [{"name": name, "state": "OK"} for name in ALARMS]


def test_status_in_both_forms(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """A table for a person, JSON on the terminal with a bare --json."""
    shell(*CANARY)
    capsys.readouterr()
    assert shell("status") == 0
    table = capsys.readouterr().out
    assert "2: 25 %" in table
    assert "alarm errors" in table
    assert re.search(r"^reserved concurrency +5$", table, re.MULTILINE)
    assert shell("status", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["version"], content["weights"]) == ("1", {"2": 0.25})
    assert (content["lastCanary"], content["dlqMessages"]) == ("2", 0)


def test_status_shows_the_standing_alarms_first(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever is paged sees at one glance which are up."""
    shell.outputs.write_text(json.dumps(CONTENT | {"standingAlarmNames": ["pages-you"]}))
    shell.monitoring.states["pages-you"] = "ALARM"
    assert shell("status", "--json") == 0
    alarms = json.loads(capsys.readouterr().out)["alarms"]
    assert [alarm["name"] for alarm in alarms] == ["pages-you", *ALARMS]
    assert alarms[0]["state"] == "ALARM"
    shell.outputs.write_text(json.dumps(CONTENT | {"standingAlarmNames": "pages-you"}))
    assert shell("status") == 2


def test_status_shows_what_it_cannot_read(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Unreadable alarms do not hide the alias."""
    shell.monitoring.unavailable = True
    assert shell("status") == 0
    assert "UNREADABLE" in capsys.readouterr().out


def test_status_shows_that_the_reserved_concurrency_cannot_be_read(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not ask for it sees the rest."""

    def denied() -> None:
        raise UnavailableError("AWS denied access while reading the reserved concurrency.")

    monkeypatch.setattr(shell.functions, "reserved_concurrency", denied)
    assert shell("status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["reservedConcurrency"] == "UNREADABLE"


def test_a_reason_is_one_line(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """However it was pasted: it stands in sentences and tables."""
    reason = ("--reason", "two customers\n\tcalled\r\n")
    assert shell("release_hold", "--set", "--commit", "a" * 40, *reason) == 0
    assert shell("release_hold") == 0
    held, found = capsys.readouterr().out.splitlines()
    assert held == "Commit aaaaaaaaaaaa is held: two customers called."
    assert found.endswith(": two customers called.")
    assert shell("rollback", "--version", "2", *reason) == 0
    assert shell("ledger", "--json", str(shell.result)) == 0
    entries = shell.written()["ledger"]
    assert isinstance(entries, list)
    assert entries[0]["reason"] == "two customers called"


def test_a_job_summary_is_appended(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From, to, alarms and verdict, as a Markdown table below what is there."""
    summary = tmp_path / "summary.md"
    summary.write_text("# Job\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    shell(*CANARY)
    shell(*GATE)
    text = summary.read_text()
    assert text.startswith("# Job\n")
    assert "| gate | 1 | 2 | errors: OK, throttles: OK, duration: OK | pass |" in text


def test_the_commit_of_the_workflow_is_recorded(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GITHUB_SHA stands in for --commit."""
    monkeypatch.setenv("GITHUB_SHA", "a" * 40)
    assert shell("promote", "--version", "3", "--reason", "drill") == 0
    assert alias.read(shell.functions).record.commit == "a" * 12


def test_an_unwritable_result_is_told(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 before anything is changed."""
    shell.result.parent.write_text("a file where a folder should be")
    assert shell(*CANARY, "--json", str(shell.result)) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert shell.functions.writes == 0


def test_an_unwritable_summary_changes_no_status(
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The step is done; that its summary is lost is told."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert shell(*CANARY) == 0
    assert "summary" in capsys.readouterr().err


def test_the_region_is_the_functions(shell: Shell) -> None:
    """The outputs say where the stack is; the environment need not."""
    assert load(shell.outputs).region == "eu-central-1"


def test_a_whole_release_in_one_command(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Rolled out, told by the ledger, rolled back to by its commit, pruned, nothing drifted."""
    watch = ("--bake", "20", "--poll", "10", "--commit", "a" * 40, "--pull-request", "7")
    assert shell("rollout", "--plan", "stepped", *watch) == 0
    assert shell("ledger", "--json", str(shell.result)) == 0
    entries = shell.written()["ledger"]
    assert isinstance(entries, list)
    assert (entries[0]["commit"], entries[0]["pullRequest"]) == ("a" * 12, "7")
    assert entries[0]["codeSha256"] == "sha-2"
    assert entries[0]["figures"]["samples"] == 310
    assert shell("status") == 0
    assert "failed 0 of 310" in capsys.readouterr().out
    assert shell("rollback") == 0
    assert shell("canary", "--weight", "0.5") == 2
    assert "rolled back from" in capsys.readouterr().err
    assert shell("rollback", "--commit", "a" * 40) == 2
    assert "known to be bad (it was rolled back from)" in capsys.readouterr().err
    assert shell("rollback", "--commit", "a" * 40, "--reason", "it was not its fault") == 0
    assert alias.read(shell.functions).version == "2"
    assert shell("prune", "--keep", "2") == 0
    assert shell("drift") == 0


@pytest.mark.parametrize(
    ("plan", "options", "shares"),
    [
        ("linear", (), PLANS["linear"]),
        ("linear", ("--plan", "stepped"), PLANS["stepped"]),
        # Outputs that `discover` wrote name none.
        (None, (), PLANS[SHIPPED]),
    ],
)
def test_a_rollout_goes_by_its_stacks_plan(
    shell: Shell, capsys: pytest.CaptureFixture[str], plan: str | None, options: tuple[str, ...],
    shares: tuple[float, ...],
) -> None:  # fmt: skip
    """Unless somebody names another one, and by the plan that ships where nobody names any."""
    shell.outputs.write_text(json.dumps(CONTENT | {"plan": plan}))
    assert shell("rollout", *options, "--bake", "10", "--poll", "10") == 0
    watched = re.findall(r"sends (.+) to version 2", capsys.readouterr().out)
    assert watched == [amounts.weight(share) for share in shares]


def test_a_stacks_plan_that_there_is_not_is_refused(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything gets traffic."""
    shell.outputs.write_text(json.dumps(CONTENT | {"plan": "sudden"}))
    assert shell("rollout", "--bake", "10") == 2
    assert "'sudden': choose one of canary, linear" in capsys.readouterr().err
    assert shell.functions.writes == 0


def test_steps_and_reasons_on_the_command_line(shell: Shell) -> None:
    """Shares of one's own, and breaking the glass with a word."""
    watch = ("--bake", "10", "--poll", "10")
    assert shell("rollout", "--steps", "0.2,x", *watch) == 2
    assert shell("rollout", "--plan", "all-at-once", *watch) == 2
    assert shell("rollout", "--plan", "stepped", "--steps", "0.2", *watch) == 2
    assert shell.functions.writes == 0
    assert shell("rollout", "--steps", "0.2,0.4", *watch) == 0
    assert shell("warm", "--version", "2", "--weight", "2") == 2
    assert shell("warm", "--version", "2") == 0


def test_the_artifact_that_was_built_is_the_one_released(shell: Shell, tmp_path: Path) -> None:
    """A manifest gives the digest, the commit and the pull request."""
    (tmp_path / "zip").write_bytes(b"")
    manifest = tmp_path / "manifest.json"
    git = {"commit": "b" * 40, "pullRequest": "8"}

    def write(code: str) -> None:
        content = {"artifact": "zip", "codeSha256": code, "git": git}
        manifest.write_text(json.dumps(content))

    named = ("--manifest", str(manifest))
    write("another")
    assert shell("verify") == 2
    assert shell("verify", *named) == 2
    assert shell("rollout", *named, "--bake", "10", "--poll", "10") == 2
    assert shell.functions.writes == 0
    write("sha-2")
    assert shell("rollout", *named, "--bake", "10", "--poll", "10") == 0
    assert alias.read(shell.functions).record.commit == "b" * 12
    empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    write(empty)
    shell.functions.versions["3"] = Version("3", empty, "Active")
    assert shell("verify", *named, "--version", "3") == 0


def test_dlq_messages_are_listed(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is replayed."""
    shell.queue = FakeQueue("no json")
    assert shell("redrive", "--list") == 0
    assert "1 messages" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [GATE, ("rollout", "--steps", "0.1,0.5", *GATE[3:], "--watch", "0")]
)
@pytest.mark.parametrize("left", [59, 600])
def test_2_a_watch_longer_than_the_credentials_live(
    command: tuple[str, ...],
    left: int,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Told before anything is changed: nobody could put the alias back."""
    if command == GATE:
        shell(*CANARY)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", to_text(START + timedelta(seconds=left)))
    writes = shell.functions.writes
    assert shell(*command) == (2 if left == 59 else 0)
    if left == 59:
        assert "shorten --bake" in capsys.readouterr().err
        assert shell.functions.writes == writes


def test_of_several_services_each_is_named(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the command that gets further, and in the job's summary; one alone needs no name."""
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for known, place in ((("echo",), "staging"), (("echo", "other"), "staging echo")):
        summary.write_text("")
        monkeypatch.setattr("service.declaration.names", lambda known=known: known)
        shell(*CANARY)
        shell.monitoring.invocations = 5
        assert shell(*GATE, "--json", str(shell.result)) == 3
        assert f"`nox -s canary -- {place} --version 2" in str(shell.written()["remedy"])
        step = " ".join(["| gate", *place.split()[1:], "| 1 | 2 |"])
        assert step in summary.read_text()
