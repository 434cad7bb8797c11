"""The README's two commands as far as they install; `.ci/run` runs the whole of them."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest
from console.checkout import ROOT

from infra.stack_file import python
from rehearsal import stock_machine
from rehearsal.stock_machine import commands
from rehearsal.workflows.sessions import sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.stock_machine import Machine


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Return the machine."""
    with stock_machine.machine() as made:
        yield made


def installing() -> list[str]:
    """Return both commands with what they run replaced by nothing more than nox's list."""
    return [f"{line[: line.rindex('&&')]}&& nox --list" for line in commands()]


def test_the_machine_is_bare(machine: Machine) -> None:
    """No `python`, the oldest `python3`, C for a language, no git, a path with more than ASCII."""
    said = machine.run(
        "command -v python || echo none; echo $LANG; ls -a; pwd; id -un;"
        "python3 -c 'import sys; print(*sys.version_info[:2], sep=\".\")'"
    ).said.splitlines()
    assert said[:2] == ["none", "C"]
    assert "noxfile.py" in said
    assert not {".git", ".venv", ".nox", "build"} & set(said)
    *_, place, user, version = said
    assert " " in place
    assert not place.isascii()
    assert machine.account in (None, user)
    assert version == stock_machine.oldest()


def test_the_system_s_python_takes_no_package(machine: Machine) -> None:
    """PEP 668: where the system manages its packages, pip refuses outside an environment."""
    where = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    marker = f"test -e $(python3 -c {shlex.quote(where)})/EXTERNALLY-MANAGED"
    managed = machine.run(marker).status == 0
    refused = "externally-managed" in machine.run("python3 -m pip install nox --dry-run").said
    assert refused is managed


def test_each_command_is_complete_in_itself(machine: Machine) -> None:
    """Either may be repeated after the other; then nox is found as the README says."""
    assert len(installing()) == 2
    for line in [*installing(), f"{stock_machine.activation()} && nox --list"]:
        ended = machine.run(line)
        assert ended.status == 0, ended.said
        assert "  tests  " in ended.said


def test_the_dev_container_is_prepared_as_the_readme_prepares_a_machine() -> None:
    """By the same line, up to what is run; on a Python that the stacks run."""
    lines = (ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8").splitlines()
    said = json.loads("\n".join(line for line in lines if not line.startswith("//")))
    assert all(line.startswith(f"{said['postCreateCommand']} && nox") for line in commands())
    assert f"python:{python(None)}-" in said["image"]
    assert said["remoteEnv"]["PATH"].startswith("${containerWorkspaceFolder}/.venv/bin:")


BY_THE_TOUR = "emulator build deploy invoke rollout status ledger load rollback"
NOT_IN_CI = {
    "AWS": (
        "preview bootstrap preflight drift prune redrive warm smoke canary gate watch promote "
        "release_hold"
    ),
    "a Pulumi CLI, on which .ci/pulumi runs them": "recover move destroy engines",
    "Go and Node, with which .ci/sdks runs it": "sdks",
    "a copy of LocalStack's and moto's suites": "peer_suites",
    "GitHub": "provenance fork tell",
    "the network, and changes files": "lock pulumi_cli fidelity",
    "a copy of the tree, which tests/test_new_service.py makes": "new_service",
    "a quiet machine": "bench_client bench_emulator bench_handler throttling soak_emulator",
}
"""Sessions that CI leaves out, by what they need; their parts are tested by `tests`."""


def test_ci_runs_every_session_that_it_can() -> None:
    """On the oldest Python; a session that it leaves out is named here with the reason."""
    run = (ROOT / ".ci/run").read_text(encoding="utf-8").replace("\\\n", "")
    words = shlex.split(run, comments=True)
    asked = {re.split(r"[ (]", word.strip("'"))[0] for word in words[words.index("-m") + 2 :]}
    assert "tour" in asked
    named = " ".join(["lint typecheck tests rehearse", BY_THE_TOUR, *NOT_IN_CI.values()])
    assert sessions() == asked | set(named.split())
