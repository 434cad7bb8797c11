"""The Pulumi CLI's wrapper, against a stand-in for `pulumi` on PATH."""

from __future__ import annotations

import json
import runpy
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from infra import pulumi_cli, settings
from infra.tests.recording import write_artifact

if TYPE_CHECKING:
    from pathlib import Path

# Notes its arguments; fails at the step named in FAIL; answers `stack output` with ANSWER.
FAKE = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in *"$FAIL"*) echo "refused" >&2; exit 255;; esac
case "$*" in "stack output"*) echo "$ANSWER";; esac
"""


class Cli:
    """The wrapper with its own PATH, artifact and outputs."""

    def __init__(self, root: Path, artifacts: Path, patch: pytest.MonkeyPatch) -> None:
        self.artifacts, self.outputs = artifacts, root / "stacks"
        self._bin, self._calls = root / "bin", root / "calls"
        self._bin.mkdir()
        patch.setenv("PATH", str(self._bin))
        patch.setenv("CALLS", str(self._calls))
        patch.setenv("ANSWER", json.dumps({"lambdaFunctionName": "f"}))
        patch.setenv("FAIL", "nothing")
        self._patch = patch
        self.install("pulumi", FAKE)
        self.install("uv", "#!/bin/sh\n")

    def install(self, name: str, script: str) -> None:
        """Put an executable on PATH."""
        (self._bin / name).write_text(script, encoding="utf-8")
        (self._bin / name).chmod(0o755)

    def fail(self, step: str) -> None:
        """Let `pulumi` fail at the step with these arguments."""
        self._patch.setenv("FAIL", step)

    def remove(self, name: str) -> None:
        """Take an executable off PATH."""
        (self._bin / name).unlink()

    def run(self, *arguments: str) -> int:
        """Call the wrapper."""
        projects = {
            name: replace(
                project, outputs=self.outputs, artifact=project.artifact and self.artifacts
            )
            for name, project in pulumi_cli.PROJECTS.items()
        }
        return pulumi_cli.main(arguments, projects)

    @property
    def calls(self) -> list[str]:
        """What `pulumi` was called with."""
        return self._calls.read_text().splitlines() if self._calls.exists() else []


@pytest.fixture
def cli(tmp_path: Path, artifact_directory: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Return a wrapper with everything in place."""
    return Cli(tmp_path, artifact_directory, monkeypatch)


def test_preview_changes_nothing(cli: Cli) -> None:
    """It asks who is logged in, then previews, without a question and without outputs."""
    assert cli.run("preview", "dev") == 0
    assert cli.calls == [
        "whoami --non-interactive",
        "preview --stack dev --diff --color never --non-interactive",
    ]
    assert not (cli.outputs / "dev" / "outputs.json").exists()


def test_drift_asks_aws_and_changes_nothing(cli: Cli) -> None:
    """It fails with what differs on a page of its own, and needs no artifact: no program runs."""
    (cli.artifacts / "manifest.json").unlink()
    assert cli.run("drift", "dev") == 0
    assert cli.calls[1:] == [
        "refresh --preview-only --expect-no-changes --stack dev --diff --color never "
        "--non-interactive"
    ]
    cli.fail("refresh")
    assert cli.run("drift", "dev") == 1
    assert "refused" in (cli.outputs / "dev" / "drift.md").read_text()


def test_a_job_s_summary_has_the_page(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What differs, and why nothing was done, is said where a person looks first."""
    summary = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    cli.run("drift", "dev")
    assert "### Drift of `dev`" in summary.read_text()
    cli.run("drift", "moon")
    assert "There is no stack 'moon'" in summary.read_text()


def test_a_preview_leaves_a_page_for_the_pull_request(cli: Cli) -> None:
    """Also where it failed: the comment then says why."""
    cli.fail("preview")
    cli.run("preview", "dev")
    page = (cli.outputs / "dev" / "preview.md").read_text()
    assert "`dev`" in page
    assert "refused" in page


def test_a_backend_without_a_passphrase_is_no_question(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stacks hold no secret; a passphrase that a person set is left alone."""
    cli.install("pulumi", '#!/bin/sh\necho "${PULUMI_CONFIG_PASSPHRASE-unset}" >> "$CALLS"\n')
    cli.run("preview", "dev")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "chosen")
    cli.run("preview", "dev")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", "file")
    cli.run("preview", "dev")
    assert cli.calls[1::2] == ["", "chosen", "unset"]


def test_deploy_writes_the_stacks_outputs(cli: Cli) -> None:
    """After `up` the outputs lie where release and load test read them."""
    assert cli.run("deploy", "dev") == 0
    assert cli.calls[1:4] == [
        "stack select --create dev --non-interactive",
        "stack output --json --stack dev --non-interactive",
        "up --stack dev --refresh --yes --non-interactive",
    ]
    written = json.loads((cli.outputs / "dev" / "outputs.json").read_text())
    assert written == {"lambdaFunctionName": "f"}


@pytest.mark.parametrize("step", ["stack select", "up --stack", "stack output"])
def test_a_failed_deployment_leaves_no_outputs(cli: Cli, step: str) -> None:
    """Outputs of a half-done deployment would mislead the release."""
    cli.fail(step)
    assert cli.run("deploy", "dev") == 1
    assert not cli.outputs.exists()


def test_outputs_that_cannot_be_read_after_a_deployment_are_a_failure(cli: Cli) -> None:
    """The stack is deployed, but nobody could release it by what is known."""
    after = 'case "$*" in up*) : > "$CALLS.up";; esac\n[ -e "$CALLS.up" ] && FAIL="stack output"\n'
    cli.install("pulumi", FAKE.replace("case", after + "case", 1))
    assert cli.run("deploy", "dev") == 1
    assert not cli.outputs.exists()


def test_what_a_later_deployment_holds_is_not_deployed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A release that waited while a newer one went by ends before anything is changed."""
    monkeypatch.setenv("ANSWER", json.dumps({"commit": "b" * 40}))
    write_artifact(cli.artifacts, git={"commit": "a" * 40})
    cli.install("git", "#!/bin/sh\nexit 0\n")  # "b" holds "a"
    assert cli.run("deploy", "dev") == 2
    assert "Superseded: stack 'dev' was deployed from bbbbbbbbbbbb" in capsys.readouterr().err
    assert not any(call.startswith("up") for call in cli.calls)
    cli.install("git", "#!/bin/sh\nexit 1\n")
    assert cli.run("deploy", "dev") == 0


def test_a_failed_preview_is_a_failure(cli: Cli) -> None:
    """Pulumi's own status becomes 1."""
    cli.fail("preview")
    assert cli.run("preview", "prod") == 1


def test_the_bootstrap_is_a_project_of_its_own(cli: Cli) -> None:
    """It runs where its Pulumi.yaml lies, knows its own stacks, and needs no artifact."""
    cli.install("pulumi", '#!/bin/sh\necho "$PWD $*" >> "$CALLS"\n')
    (cli.artifacts / "manifest.json").unlink()
    assert cli.run("preview", "account", "--project", "bootstrap") == 0
    cli.install("pulumi", '#!/bin/sh\necho "$PWD $*" >> "$CALLS"\n[ "$2" != output ] || echo {}\n')
    assert cli.run("deploy", "account", "--project", "bootstrap") == 0
    where = settings.ROOT / "infra" / "bootstrap"
    assert cli.calls
    assert all(call.startswith(f"{where} ") for call in cli.calls)
    assert cli.run("preview", "dev", "--project", "bootstrap") == 2


def test_an_unknown_stack_is_refused(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence lists the stacks there are, and Pulumi is not called."""
    assert cli.run("deploy", "moon") == 2
    assert "no stack 'moon': choose one of dev, local, prod, staging" in capsys.readouterr().err
    assert not cli.calls


def test_a_missing_artifact_is_refused(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything else is asked."""
    (cli.artifacts / "manifest.json").unlink()
    assert cli.run("deploy", "dev") == 2
    assert "There is no artifact" in capsys.readouterr().err
    assert not cli.calls


@pytest.mark.parametrize(
    ("name", "sentence"), [("pulumi", "pulumi.com/docs/install"), ("uv", "install uv")]
)
def test_a_missing_tool_is_named(
    cli: Cli, capsys: pytest.CaptureFixture[str], name: str, sentence: str
) -> None:
    """One sentence says how to get it."""
    cli.remove(name)
    assert cli.run("preview", "dev") == 2
    message = capsys.readouterr().err
    assert sentence in message
    assert message.count("\n") == 1


def test_a_missing_backend_is_named(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a login the sentence says both ways to a backend."""
    cli.fail("whoami")
    assert cli.run("preview", "dev") == 2
    message = capsys.readouterr().err
    assert "PULUMI_BACKEND_URL" in message
    assert "pulumi login" in message


def test_it_looks_for_the_artifact_where_the_program_does() -> None:
    """The default in Pulumi.yaml and the wrapper's are one place."""
    project = yaml.safe_load((settings.ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert settings.ROOT / project["config"]["artifact"]["default"] == pulumi_cli.ARTIFACT


def test_it_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m infra.pulumi_cli` ends with the status of its work."""
    monkeypatch.setattr(sys, "argv", ["pulumi_cli", "preview", "moon"])
    monkeypatch.delitem(sys.modules, "infra.pulumi_cli")
    with pytest.raises(SystemExit) as end:
        runpy.run_module("infra.pulumi_cli", run_name="__main__")
    assert end.value.code == 2
