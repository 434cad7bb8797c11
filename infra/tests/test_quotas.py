"""All stacks together are asked of the account, before anything is changed."""

from __future__ import annotations

import runpy
import sys
from typing import TYPE_CHECKING

import pytest

from infra import quotas
from infra.errors import UsageError
from infra.quotas import Demand
from infra.tests.recording import Lambda, write_artifact

if TYPE_CHECKING:
    from pathlib import Path


def test_every_stack_is_read_as_the_program_reads_it() -> None:
    """With the defaults of the project."""
    prod = quotas.load("prod")
    assert (prod.reserved_concurrency, prod.guard_data, prod.memory_mb) == (50, True, 512)
    assert quotas.load("dev").guard_data is False


def test_stacks_that_fit_are_told_with_what_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line per region."""
    fake = Lambda(limit=1000, unreserved=1000)
    assert quotas.main([], fake.connect, write_artifact(tmp_path)) == 0
    told = capsys.readouterr().out
    assert told.startswith("us-east-1: dev, prod, staging fit; 935 of 1000")


def test_what_the_stacks_lack_together_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each alone would fit; the request names the number that suffices for all."""
    fake = Lambda(limit=150, unreserved=150)
    assert quotas.main(["dev", "prod"], fake.connect, write_artifact(tmp_path)) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "(dev 5, prod 50) of which 5 are missing" in told
    assert "--desired-value 155 --region us-east-1" in told
    assert quotas.main(["prod"], fake.connect, write_artifact(tmp_path)) == 0


def test_what_a_stack_holds_already_is_not_asked_again() -> None:
    """A lowered reservation gives some back."""
    demands = [Demand("dev", 5, 50), Demand("prod", 50, 5)]
    quotas.check_concurrency("us-east-1", demands, 155, 100)


def test_an_unknown_stack_is_refused() -> None:
    """The known ones are named."""
    with pytest.raises(UsageError, match="choose one of dev, prod, staging"):
        quotas.load("nowhere")


def test_it_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status is the process's."""
    monkeypatch.setattr(sys, "argv", ["quotas", "nowhere"])
    monkeypatch.delitem(sys.modules, "infra.quotas")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("infra.quotas", run_name="__main__")
    assert ended.value.code == 2
