"""A rehearsal on Pulumi's own engine: the CLI on the emulated AWS, its state in the emulated S3."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from console.checkout import ROOT
from engine import plugin
from sandbox.clients import client
from sandbox.stack import NAME, module

from rehearsal.settings import AWS_PROVIDER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rehearsal.settings import Settings

BUCKET = "pulumi-state"
_TOOLS = ROOT / "build" / "tools"
# What AWS's provider asks before it begins: STS, IAM and the metadata service, which the emulated
# AWS need not have; and how often it repeats a call that fails, 25 times on its own.
_AWS_SETTINGS = {
    "aws:skipCredentialsValidation": "true",
    "aws:skipRequestingAccountId": "true",
    "aws:skipMetadataApiCheck": "true",
    "aws:maxRetries": "2",
}


def available() -> bool:
    """Whether there is a CLI: on the PATH, or built by `nox -s pulumi_cli`."""
    return bool(shutil.which("pulumi") or shutil.which("pulumi", path=os.fspath(_TOOLS)))


def environment(settings: Settings, aws: Mapping[str, str]) -> dict[str, str]:
    """Make the bucket; return the environment in which the CLI keeps its state there."""
    client("s3", aws).create_bucket(Bucket=BUCKET)
    where = f"endpoint={aws['AWS_ENDPOINT_URL']}&s3ForcePathStyle=true&region={aws['AWS_REGION']}"
    path = [aws.get("PATH", ""), os.fspath(_TOOLS)]
    if settings.provider != AWS_PROVIDER:
        path.insert(0, os.fspath(plugin.install(settings.directory / "bin").parent))
    return {
        **aws,
        "PATH": os.pathsep.join(path),
        "PULUMI_BACKEND_URL": f"s3://{BUCKET}/rehearsal?{where}",
        "PULUMI_HOME": os.fspath(settings.directory / "pulumi-home"),
    }


def command(settings: Settings, verb: str, outputs: Path, artifact: Path) -> list[str]:
    """Do something with the stack `local`, whose artifact is this one."""
    config = {"artifact": os.fspath(artifact)}
    if settings.provider == AWS_PROVIDER:
        config |= _AWS_SETTINGS
    given = [f"--config={key}={value}" for key, value in config.items()]
    where = ["--outputs", os.fspath(outputs)]
    return module("deploy", verb, NAME, *where, *given)
