"""Stand-ins for other people's actions: what each does for the steps after it, on this machine.

An action that is not here, an input that its stand-in does not know, and a right that the job lacks
are failures, as is an empty input that the action itself refuses.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from botocore import UNSIGNED
from botocore.exceptions import ClientError
from console import lifelines
from console.checkout import ROOT
from engine import plugin
from sandbox.clients import client

from rehearsal.workflows import github
from rehearsal.workflows.hosting import REPOSITORY, allows, identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.workflows.machine import Machine


class ActionError(Exception):
    """The action failed, and why."""


@dataclass(slots=True)
class Call:
    """One use of an action, with its inputs as texts."""

    machine: Machine
    permissions: Mapping[str, str]
    given: Mapping[str, str]
    outputs: dict[str, str]
    said: str = ""
    asked: set[str] = field(default_factory=set)

    def input(self, name: str, default: str | None = None) -> str:
        """An input; ActionError if it is empty and has no default."""
        self.asked.add(name)
        value = self.given.get(name, "") or default
        if value is None:
            raise ActionError(f"Input required and not supplied: {name}")
        return value

    def need(self, scope: str, level: str) -> None:
        """ActionError unless the job has the right."""
        if not allows(self.permissions, scope, level):
            raise ActionError(f"The job's permissions lack {scope}: {level}.")

    def say(self, text: str) -> None:
        """Add a line to the step's log."""
        self.said += text + "\n"


def perform(uses: str, call: Call) -> None:
    """Do what the action does; raises ActionError."""
    action = STAND_INS.get(uses.partition("@")[0])
    if action is None:
        raise ActionError(f"There is no stand-in for {uses}: write one in {__name__}.")
    action(call)
    if unknown := call.given.keys() - call.asked:
        raise ActionError(f"The stand-in for {uses} knows no input {', '.join(sorted(unknown))}.")


def _checkout(call: Call) -> None:
    """A clone as deep as asked for; beside it, as an image might hold them, nox's environments."""
    call.need("contents", "read")
    if call.input("persist-credentials", "True").lower() != "false":
        raise ActionError("The clone would keep the job's token: persist-credentials is not false.")
    run, workspace = call.machine.run, call.machine.workspace
    depth = call.input("fetch-depth", "1")
    what = ["+refs/heads/*:refs/remotes/origin/*"] if depth == "0" else ["--depth", depth, run.sha]
    origin = f"file://{run.hosting.origin}"
    _git(workspace, "init", "--quiet")
    _git(workspace, "fetch", "--quiet", "--no-tags", origin, *what)
    _git(workspace, "checkout", "--quiet", "--detach", run.sha)
    (run.hosting.tools / ".nox").mkdir(exist_ok=True)
    held = {".nox": run.hosting.tools / ".nox", "build/tools/github": github.PACKAGES}
    for place, kept in held.items():
        if kept.is_dir():
            (workspace / place).parent.mkdir(parents=True, exist_ok=True)
            (workspace / place).symlink_to(kept)


def _setup_python(call: Call) -> None:
    """The Python that runs this, in an environment of its own, whichever version is asked for."""
    asked = call.input("python-version")
    place = call.machine.run.hosting.tools / "python"
    if not (place / "bin" / "python").exists():
        lifelines.run([sys.executable, "-m", "venv", os.fspath(place)], check=True)
    call.machine.path.insert(0, os.fspath(place / "bin"))
    call.say(f"Python {sys.version.split()[0]} stands for {asked}.")


def _setup_pulumi(call: Call) -> None:
    """The CLI that is here, deploying to the emulated AWS; without one, our engine in its place."""
    asked, machine = call.input("pulumi-version"), call.machine
    cli = shutil.which("pulumi") or shutil.which("pulumi", path=os.fspath(ROOT / "build/tools"))
    if cli is None:
        machine.env["STACK_ENGINE"] = "engine.stack"
        call.say(f"There is no Pulumi CLI: the rehearsal's own engine stands for {asked}.")
        return
    place = plugin.install(machine.temporary / "pulumi").parent
    (place / "pulumi").symlink_to(cli)
    machine.path.insert(0, os.fspath(place))


def _credentials(call: Call) -> None:
    """A session of the role on the emulated AWS, for the job's token."""
    region, role = call.input("aws-region"), call.input("role-to-assume")
    call.need("id-token", "write")
    machine = call.machine
    cloud = machine.run.hosting.cloud
    sts = client("sts", {**cloud, "AWS_REGION": region}, signature_version=UNSIGNED)
    try:
        keys = sts.assume_role_with_web_identity(
            RoleArn=role,
            RoleSessionName="GitHubActions",
            WebIdentityToken=identity(machine.run, machine.workflow, machine.environment),
        )["Credentials"]
    except ClientError as error:
        said = error.response["Error"]["Message"]
        raise ActionError(f"Could not assume role with OIDC: {said}") from error
    machine.env |= {
        "AWS_ENDPOINT_URL": cloud["AWS_ENDPOINT_URL"],
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    if call.input("output-credentials", "false") == "true":
        # A date is written as JSON, with its quotation marks (@actions/core's toCommandValue).
        call.outputs["aws-expiration"] = json.dumps(keys["Expiration"].isoformat())
    call.say(f"Took {role} in {machine.environment}.")


def _upload(call: Call) -> None:
    """Keep files under a name that no other artifact of the run has."""
    name = call.input("name", "artifact")
    patterns = call.input("path").split()
    when_none = call.input("if-no-files-found", "warn")
    found = [path for pattern in patterns for path in _files(call.machine.workspace, pattern)]
    if not found:
        if when_none == "error":
            raise ActionError(f"No files were found with the provided path: {patterns}.")
        call.say("No files were found; nothing is kept.")
        return
    place = call.machine.run.hosting.artifact(call.machine.run.number, name)
    if place.exists():
        raise ActionError(f"An artifact with the name {name} exists already.")
    # Paths are kept below where all of them were searched for.
    searched = [_searched(call.machine.workspace, pattern) for pattern in patterns]
    root = Path(os.path.commonpath(searched))
    for path in found:
        target = place / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    call.say(f"{len(found)} files are kept as {name}.")


def _download(call: Call) -> None:
    """Fetch an artifact of the same run."""
    name, path = call.input("name"), call.input("path", ".")
    run = call.machine.run
    place = run.hosting.substitute or run.hosting.artifact(run.number, name)
    if not place.is_dir():
        raise ActionError(f"Artifact not found for name: {name}")
    shutil.copytree(place, call.machine.workspace / path, dirs_exist_ok=True)


def _cache(call: Call) -> None:
    """Restore the newest that fits; keep what is there when the job has succeeded.

    What lies outside the workspace is this machine's own, and stays.
    """
    key, prefixes = call.input("key"), call.input("restore-keys", " ").split()
    paths = [path for path in call.input("path").split() if not path.startswith("~/")]
    if not paths:
        return
    (inside,) = paths
    hosting, path = call.machine.run.hosting, call.machine.workspace / inside
    found = hosting.restore(key, prefixes)
    if found is not None:
        shutil.copytree(found, path, dirs_exist_ok=True)
    call.outputs["cache-hit"] = "" if found is None else str(found.name == key).lower()
    call.say(f"Restored {found.name if found else 'nothing'}.")

    def keep() -> None:
        if path.is_dir() and not hosting.cached(key).exists():
            shutil.copytree(path, hosting.cached(key))

    call.machine.posts.append(keep)


def _attest(call: Call) -> None:
    """Note which workflow made the files, from what; the stand-in for `gh` checks it."""
    call.need("id-token", "write")
    call.need("attestations", "write")
    run = call.machine.run
    pattern = call.input("subject-path")
    found = _files(call.machine.workspace, pattern)
    if not found:
        raise ActionError(f"Could not find subject at path {pattern}")
    made = {
        "repository": REPOSITORY,
        "workflow": call.machine.workflow,
        "ref": run.ref,
        "commit": run.sha,
    }
    with run.hosting.attestations.open("a", encoding="utf-8") as file:
        for path in found:
            noted = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **made}
            file.write(json.dumps(noted) + "\n")


def _comment(call: Call) -> None:
    """Keep the comment under its header, in place of the last one."""
    call.need("pull-requests", "write")
    page = call.machine.workspace / call.input("path")
    if not page.is_file():
        raise ActionError(f"There is no {page} to comment with.")
    call.machine.run.hosting.comments[call.input("header")] = page.read_text(encoding="utf-8")


def _all_green(call: Call) -> None:
    """Fail unless every job succeeded, or was skipped and may be."""
    allowed = {name.strip() for name in call.input("allowed-skips", " ").split(",")}
    for name, job in json.loads(call.input("jobs")).items():
        if job["result"] != "success" and not (job["result"] == "skipped" and name in allowed):
            raise ActionError(f"{name}: {job['result']}")


STAND_INS: Mapping[str, Callable[[Call], None]] = {
    "actions/attest": _attest,
    "actions/cache": _cache,
    "actions/checkout": _checkout,
    "actions/download-artifact": _download,
    "actions/setup-python": _setup_python,
    "actions/upload-artifact": _upload,
    "aws-actions/configure-aws-credentials": _credentials,
    "marocchino/sticky-pull-request-comment": _comment,
    "pulumi/actions": _setup_pulumi,
    "re-actors/alls-green": _all_green,
}


def _searched(workspace: Path, pattern: str) -> Path:
    """Where a pattern's files are searched for: what stands before its first wildcard."""
    parts = itertools.takewhile(lambda part: not set("*?[") & set(part), Path(pattern).parts)
    place = workspace.joinpath(*parts)
    return place.parent if place.is_file() else place


def _files(workspace: Path, pattern: str) -> list[Path]:
    """The files that a path names: those in a directory, or those that a pattern matches."""
    place = workspace / pattern
    if place.is_dir():
        return sorted(path for path in place.rglob("*") if path.is_file())
    return sorted(path for path in workspace.glob(pattern) if path.is_file())


def _write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    path.chmod(0o755)


def install_gh(tools: Path, folder: Path) -> None:
    """Put the stand-in for `gh`, which a runner's image has, where PATH finds it."""
    (tools / "bin").mkdir(parents=True, exist_ok=True)
    program = Path(__file__).parent / "programs" / "gh.py"
    line = f'exec "{sys.executable}" "{program}" "{folder}" "$@"'
    _write_program(tools / "bin" / "gh", line)


def _git(workspace: Path, *arguments: str) -> None:
    answer = lifelines.run(
        ["git", "-C", os.fspath(workspace), *arguments], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise ActionError(f"git {arguments[0]}: {answer.stderr.strip()}")
