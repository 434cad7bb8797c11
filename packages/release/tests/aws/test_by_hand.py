"""The rollback that needs nothing of ours: the runbook's two commands, typed into AWS's own CLI."""

from __future__ import annotations

import json
import os
import re
import shlex
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from console.checkout import ROOT
from emulator.tests import aws_cli

from release.cli.main import main
from release.tests.conftest import make_stack

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "runbooks" / "rollback.md"
FUNCTION = "order-processing-prod"
ALIAS = {"FunctionName": FUNCTION, "Name": "production"}


def commands() -> tuple[str, str]:
    """Return the page's two commands, as they stand there."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [each for each in blocks if "aws lambda" in each]
    found = [line.strip() for line in block.replace("\\\n", " ").splitlines()]
    first, second = found
    return first, second


@pytest.mark.usefixtures("emulated_aws")
def test_two_commands_of_the_aws_cli_roll_back(tmp_path: Path) -> None:
    """A canary ends with it, a stale revision is refused, and the ledger is mended afterwards."""
    aws_cli.require()
    outputs = make_stack(FUNCTION).write_outputs(tmp_path / "outputs.json", "2", [])
    release = ("--outputs", str(outputs))
    assert main([*release, "promote", "--version", "2", "--reason", "first"]) == 0
    assert main([*release, "canary", "--version", "3", "--weight", "0.2"]) == 0
    read, write = commands()
    seen = json.loads(typed(tmp_path / "read", read, STACK="prod"))
    version = json.loads(seen["Description"])["previous"]
    values = {"STACK": "prod", "VERSION": version, "REVISION": seen["RevisionId"]}
    typed(tmp_path / "write", write, **values)
    now = boto3.client("lambda").get_alias(**ALIAS)
    weights = now.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    assert (now["FunctionVersion"], weights) == ("1", {})
    assert "PreconditionFailed" in typed(tmp_path / "again", write, status=255, **values)
    assert main([*release, "ledger"]) == 1
    assert main([*release, "rollback", "--version", "1", "--reason", "typed by hand"]) == 0
    assert main([*release, "ledger"]) == 0


def typed(place: Path, command: str, status: int = 0, **values: Any) -> str:
    """Type a command into a shell with AWS's variables and these; what it says."""
    place.mkdir()
    own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    given = "\n".join(f"export {k}={shlex.quote(v)}" for k, v in (own | values).items())
    ended = aws_cli.shell(f"{given}\n{command}", place)
    assert ended.returncode == status, ended.stderr
    return ended.stdout or ended.stderr
