"""The AWS command line from PyPI, for tests: in a directory of its own, as it pins botocore."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from console.checkout import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DIRECTORY = ROOT / "build" / "tools" / "awscli"
_SECONDS = 120
_INSTALL_SECONDS = 600


def require() -> None:
    """Skip the test where the command line is not installed."""
    if not (DIRECTORY / "awscli").is_dir():
        pytest.skip(f"no AWS CLI in {DIRECTORY.relative_to(ROOT)}: `nox -s tests` installs it")


def aws(
    environment: Mapping[str, str], *arguments: str, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `aws ARGUMENTS` with `environment` and nothing of the host's AWS settings."""
    return subprocess.run(
        [sys.executable, "-S", "-s", "-m", "awscli", *arguments],
        env=_variables(environment, cwd or ROOT),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def shell(script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script in `cwd`, where `aws` and `python3` are these."""
    commands = cwd / "bin"
    commands.mkdir()
    _write(commands / "python3", shlex.quote(sys.executable))
    isolated = f"PYTHONPATH={shlex.quote(str(DIRECTORY))} {shlex.quote(sys.executable)}"
    _write(commands / "aws", f"env {isolated} -S -s -m awscli", environment=True)
    variables = _variables({}, cwd)
    variables["PATH"] = f"{commands}:{variables['PATH']}"
    del variables["PYTHONPATH"]
    return subprocess.run(
        ["bash", "-euc", f"set -m\n{script}"],
        env=variables,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS,
        check=False,
    )


def _write(path: Path, command: str, *, environment: bool = False) -> None:
    prefix = "exec /usr/bin/" if environment else "exec "
    path.write_text(f'#!/bin/sh\n{prefix}{command} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _variables(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "PYTHONPATH": str(DIRECTORY),
        "HOME": str(home),
        "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(home / ".cache" / "pip")),
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PAGER": "",
        **environment,
    }
