"""Stack files, read without Pulumi; the Python that an artifact is built for."""

from __future__ import annotations

import runpy
import sys
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError

from infra import stack_file

if TYPE_CHECKING:
    from pathlib import Path

OWN = "config:\n  order-processing:runtime: {}\n"


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty directory of stack files."""
    monkeypatch.setattr(stack_file, "STACKS", tmp_path)
    return tmp_path


def test_the_rehearsals_stack_is_left_out() -> None:
    """It meets no AWS."""
    assert stack_file.known() == ["dev", "prod", "staging"]


def test_the_default_is_what_aws_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """No stack of this repository names another."""
    assert stack_file.main([]) == 0
    assert capsys.readouterr().out == "3.13\n"


def test_a_stack_s_own_runtime_comes_first(stacks: Path) -> None:
    """As Pulumi does it, whichever way YAML writes it."""
    (stacks / "Pulumi.dev.yaml").write_text(OWN.format('"python3.12" # until spring'))
    assert stack_file.python("dev") == stack_file.python(None) == "3.12"


def test_the_rehearsals_stack_runs_any_python() -> None:
    """Which is told by saying nothing."""
    assert stack_file.python("local") == ""


def test_stacks_that_differ_are_one_sentence(
    stacks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One artifact cannot be for both; naming one of them helps."""
    (stacks / "Pulumi.dev.yaml").write_text(OWN.format("python3.12"))
    (stacks / "Pulumi.prod.yaml").write_text(OWN.format("python3.13"))
    assert stack_file.main([]) == 2
    told = capsys.readouterr().err
    assert told.startswith("The stacks run different Pythons (dev python3.12, prod python3.13): ")
    assert "nox -s build -- STACK" in told
    assert stack_file.python("prod") == "3.13"


def test_a_stack_that_there_is_not_is_refused() -> None:
    """With the names of those that there are."""
    with pytest.raises(UsageError, match="There is no stack 'nowhere': choose one of dev, prod"):
        stack_file.raw("nowhere")


def test_a_value_of_yaml_is_read_as_pulumi_hands_it_over() -> None:
    """Flags in lower case, numbers as digits, nothing as nothing."""
    assert [stack_file.as_text(value) for value in (True, 5, "x", None)] == [
        "true", "5", "x", None,
    ]  # fmt: skip


def test_it_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status is the process's."""
    monkeypatch.setattr(sys, "argv", ["stack_file", "nowhere"])
    monkeypatch.delitem(sys.modules, "infra.stack_file")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("infra.stack_file", run_name="__main__")
    assert ended.value.code == 2


def test_what_is_said_of_one_service_comes_as_pulumi_has_it(stacks: Path) -> None:
    """As JSON, which the program reads."""
    services = "{order_processor: {memoryMb: 1024}}"
    text = f"config:\n  order-processing:services: {services}\n"
    (stacks / "Pulumi.dev.yaml").write_text(text)
    assert stack_file.raw("dev")["services"] == '{"order_processor": {"memoryMb": 1024}}'
