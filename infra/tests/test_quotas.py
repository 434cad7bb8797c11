"""All stacks together are asked of the account, before anything is changed."""

from __future__ import annotations

import runpy
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml
from console.checkout import ROOT
from console.errors import UsageError

from infra import quotas, stack_file
from infra.quotas import Demand
from infra.tests.recording import BOUNDARY, SERVICE, Lambda, write_artifact

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def fork(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stacks have what a fork's have: their account's boundary."""
    stacks = tmp_path / "stacks"
    shutil.copytree(stack_file.STACKS, stacks)
    for path in stacks.glob("Pulumi.*.yaml"):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        document["config"].setdefault("order-processing:permissionsBoundaryArn", BOUNDARY)
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
    monkeypatch.setattr(stack_file, "STACKS", stacks)


def test_a_stack_without_its_boundary_is_refused_before_aws_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As they come: nobody has prepared the account yet."""
    monkeypatch.setattr(stack_file, "STACKS", ROOT / "infra" / "stacks")
    fake = Lambda()
    assert quotas.main(["dev"], fake.connect, write_artifact(tmp_path)) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "has no order-processing:permissionsBoundaryArn" in told
    assert not fake.asked


def test_every_stack_is_read_as_the_program_reads_it() -> None:
    """With the defaults of the project."""
    (prod,) = quotas.load_all("prod")
    assert (prod.reserved_concurrency, prod.guard_data, prod.memory_mb) == (50, True, 512)
    (dev,) = quotas.load_all("dev")
    assert dev.guard_data is False


def test_what_all_services_reserve_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two services with five each are ten, and each zip is stored."""
    other = replace(SERVICE, name="other", resources="others")
    shutil.copytree(write_artifact(tmp_path) / SERVICE.name, tmp_path / other.name)
    monkeypatch.setattr("service.declaration.load_all", lambda: (SERVICE, other))
    monkeypatch.setattr("service.declaration.names", lambda: (SERVICE.name, other.name))
    fake = Lambda(limit=1000, unreserved=1000)
    assert quotas.main(["dev"], fake.connect, tmp_path) == 0
    assert "dev fit; 990 of 1000" in capsys.readouterr().out
    assert fake.asked == ["order-processing-dev", "others-dev"]


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
        quotas.load_all("nowhere")


def test_it_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status is the process's."""
    monkeypatch.setattr(sys, "argv", ["quotas", "nowhere"])
    monkeypatch.delitem(sys.modules, "infra.quotas")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("infra.quotas", run_name="__main__")
    assert ended.value.code == 2
