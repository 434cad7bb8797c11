"""What nox itself does for a person: environments that sessions share, one sentence for a slip."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from console.checkout import ROOT
from nox import registry


def nox(
    *arguments: str, cwd: Path = ROOT, given: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run nox as a person does, who has given environment variables."""
    return subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        cwd=cwd, env={**os.environ, **(given or {})}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_session_that_there_is_not_is_one_sentence() -> None:
    """Status 3, nox's own for this, means an inconclusive verdict here."""
    ended = nox("-s", "plan", "rehears", "--", "-s", "whatever")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "There is no session rehears: `nox -l` lists them all.\n"


def test_a_session_chosen_by_its_parameter_is_known() -> None:
    """Their names have the parameter's value in parentheses."""
    assert nox("-l", "-s", "service_tests(3.11)").returncode == 0


def test_the_list_has_every_session_under_one_heading(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it does; what a newcomer needs comes first."""
    groups = noxfile("linux", monkeypatch)["GROUPS"]
    named = [name for names in groups.values() for name in names.split()]
    assert sorted(named) == sorted(registry.get())
    listed = nox("-l").stdout
    assert listed.count("\n  rehearse  ") == 1
    assert listed.index("\nTo begin with\n  rehearse ") < listed.index("\nRelease\n  rollout ")
    assert all(f"\n  {name} " in listed for name in named)


def test_without_uv_one_sentence() -> None:
    """It says what installs it."""
    ended = nox("-s", "plan", given={"UV": "uv-that-there-is-not"})
    assert ended.returncode == 2
    assert "pip install -r locks/nox.txt" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_sessions_of_one_lock_start_without_network(tmp_path: Path) -> None:
    """The second one finds the environment of the first, and needs neither network nor cache."""
    environments = ("--envdir", str(tmp_path / "environments"))
    first = nox(*environments, "-s", "plan", "--", "--help")
    assert first.returncode == 0, first.stderr
    nothing = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "empty")}
    second = nox(*environments, "-s", "bench_reconciliation", "--", "--help", given=nothing)
    assert second.returncode == 0, second.stderr
    assert "--events" in second.stdout


def test_uv_sync_gives_nox_and_leaves_no_trace_in_git(tmp_path: Path) -> None:
    """Every group resolves beside those that it conflicts with; uv.lock is not committed."""
    for name in ("pyproject.toml", "noxfile.py", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(
        ROOT / "packages", tmp_path / "packages", ignore=shutil.ignore_patterns("tests")
    )
    nox_s = ("UV_PYTHON", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV")
    own = {name: value for name, value in os.environ.items() if name not in nox_s}
    uv = (sys.executable, "-m", "uv")
    for command in (
        ("git", "init", "--quiet"),
        ("git", "add", "--all"),
        (*uv, "sync", "--quiet"),
        (*uv, "run", "--quiet", "nox", "--list"),
    ):
        subprocess.run(command, cwd=tmp_path, env=own, check=True)
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    left = subprocess.run(status, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert {line[:2] for line in left.splitlines()} == {"A "}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of what `nox -s build` needs."""
    for name in ("noxfile.py", "pyproject.toml", "Pulumi.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("infra", "locks", "packages", "services"):
        ignored = shutil.ignore_patterns(".venv", "tests")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    return tmp_path


def test_an_artifact_is_for_the_python_that_its_stack_runs(tree: Path) -> None:
    """The rehearsal's stack runs the Python that is here."""
    for named in ((), ("order_processor",)):
        shutil.rmtree(tree / "build/artifact", ignore_errors=True)
        ended = nox("-s", "build", "--", "local", *named, cwd=tree)
        assert ended.returncode == 0, ended.stderr
    manifest = json.loads((tree / "build/artifact/order_processor/manifest.json").read_text())
    assert manifest["runtime"] == "python{}.{}".format(*sys.version_info)


def test_a_python_that_is_not_here_is_one_sentence(tree: Path) -> None:
    """It says what to type; nothing was built."""
    project = tree / "Pulumi.yaml"
    project.write_text(project.read_text().replace("default: python3.13", "default: python3.99"))
    ended = nox("-s", "build", cwd=tree, given={"UV_OFFLINE": "1"})
    assert ended.returncode == 2
    assert "`uv python install 3.99`" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tree / "build/artifact").exists()


def test_a_build_of_no_service_is_one_sentence(tree: Path) -> None:
    """With the services that there are."""
    ended = nox("-s", "build", "--", "local", "orders", cwd=tree)
    assert ended.returncode == 2
    assert "one stack and one service at most; the services are: order_processor" in ended.stderr


def test_a_build_for_no_stack_is_one_sentence(tree: Path) -> None:
    """With the stacks that there are."""
    ended = nox("-s", "build", "--", "nowhere", cwd=tree)
    assert ended.returncode == 2
    assert "There is no stack 'nowhere': choose one of " in ended.stderr
    assert "prod" in ended.stderr


def test_help_comes_before_anything_else() -> None:
    """A stack's name is not asked for, nothing is deployed."""
    for session, option in (("rollout", "--plan"), ("load", "--peak-rate"), ("invoke", "event")):
        ended = nox("-s", session, "--", "--help")
        assert (ended.returncode, option in ended.stdout) == (0, True), ended.stderr


def test_drift_looks_at_the_alias_where_pulumi_cannot_look_at_all() -> None:
    """Pulumi's half ends with 2; what the alias says is worth knowing all the same."""
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "us-east-1"}
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    ended = nox("-s", "drift", "--", "nosuch", given=nowhere | keys)
    assert ended.returncode == 2
    assert "There is no stack 'nosuch'" in ended.stdout
    assert "cannot be reached while looking for order-processing-nosuch" in ended.stdout


def noxfile(platform: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Load it as nox would on another system."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "argv", ["nox"])
    monkeypatch.setattr(os, "environ", dict(os.environ))
    registry.reset()
    return runpy.run_path(str(ROOT / "noxfile.py"))


def test_windows_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever was typed, before anything else is imported; it says where to type it."""
    with pytest.raises(SystemExit) as ended:
        noxfile("win32", monkeypatch)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "WSL2" in said


@pytest.mark.parametrize("name", ["rehearse", "emulator", "tests", "bench_client", "bench_handler"])
def test_macos_is_told_what_needs_linux(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The emulated AWS and the benches; nothing of them is run."""
    loaded = noxfile("darwin", monkeypatch)
    monkeypatch.setitem(loaded["install"].__globals__, "install", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        registry.get()[name].func(SimpleNamespace(name=name, posargs=[]))
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"nox -s {name} needs Linux: ")


@pytest.mark.parametrize("name", ["build", "preview", "rollout", "plan", "verify"])
def test_macos_runs_what_needs_no_emulated_aws(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their sessions go as far as running a command."""
    loaded = noxfile("darwin", monkeypatch)
    monkeypatch.setitem(loaded["install"].__globals__, "install", lambda *_: None)
    monkeypatch.setitem(loaded["install"].__globals__, "outputs_of", lambda *_: "outputs.json")
    ran: list[tuple[str, ...]] = []

    def run(*command: str, **_: object) -> str:
        ran.append(command)
        return ""

    nothing = {"name": name, "posargs": ["dev"], "install": lambda *_: None}
    registry.get()[name].func(SimpleNamespace(**nothing, run=run))
    assert ran


def test_a_local_deployment_refuses_an_artifact_of_another_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The program is told which Python runs the emulated AWS, and compares it with the artifact."""
    loaded = noxfile("linux", monkeypatch)
    monkeypatch.setitem(loaded["install"].__globals__, "install", lambda *_: None)
    monkeypatch.setitem(loaded["install"].__globals__, "at", lambda _: dict)
    monkeypatch.setattr("sandbox.emulated.knows", lambda _: False)
    ran: list[str] = []
    session = SimpleNamespace(
        name="deploy", posargs=["local", "--refresh"], run=lambda *command, **_: ran.extend(command)
    )
    loaded["deploy"].func(session)
    here = "python{}.{}".format(*sys.version_info)
    assert ran[-4:] == ["--config", f"runtime={here}", "--fresh", "--refresh"]


@pytest.mark.parametrize("place", ["build", ".nox"])
def test_a_checkout_that_cannot_be_written_to_is_one_sentence(tree: Path, place: str) -> None:
    """Before anything is installed or begun. A file in the way refuses root as well."""
    (tree / place).write_text("in the way")
    ended = nox("-s", "rehearse", cwd=tree, given={"NOX_ENVDIR": ".nox"})
    assert ended.returncode == 2
    assert "cannot be written to" in ended.stderr
    assert place in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tree / ("build" if place == ".nox" else ".nox") / "rehearsal").exists()


@pytest.mark.parametrize("stack", ["dev", "local"])
def test_a_run_is_judged_again_where_it_was_sent(
    stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an ended load prints it: with a person's credentials, or on the emulated AWS."""
    loaded = noxfile("linux", monkeypatch)
    known = loaded["load"].func.__globals__
    calls: list[tuple[tuple[str, ...], object]] = []
    monkeypatch.setitem(known, "install", lambda *_: None)
    monkeypatch.setitem(known, "outputs_of", lambda *_: "outputs.json")
    monkeypatch.setitem(known, "at", lambda named: f"at {named}")
    monkeypatch.setitem(
        known, "call", lambda _, *command, where=None: calls.append((command, where))
    )
    loaded["load"].func(SimpleNamespace(name="load", posargs=[stack, "report", "build/load/x"]))
    judged = ("loadtest", "report", "--outputs", "outputs.json", "--run-log", "build/load/x")
    assert calls == [(judged, f"at {stack}")]


@pytest.mark.parametrize(("python", "tested"), [("3.11", ["old"]), ("3.13", ["new", "old"])])
def test_each_service_is_tested_on_the_pythons_that_it_supports(
    python: str, tested: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what its zip carries, and the zip itself on each."""
    for name, supported in (("new", ">=3.12"), ("old", ">=3.11")):
        (tmp_path / name).mkdir()
        project = f'[project]\nname = "{name}"\nrequires-python = "{supported}"\n'
        (tmp_path / name / "pyproject.toml").write_text(project)
    loaded = noxfile("linux", monkeypatch)
    known = loaded["install"].__globals__
    there = [
        SimpleNamespace(name=name, folder=tmp_path / name, lock=tmp_path / name / "lock")
        for name in ("new", "old")
    ]
    ran: list[str] = []
    installed: list[str] = []
    monkeypatch.setattr("service.declaration.load_all", lambda: there)
    monkeypatch.setitem(known, "install", lambda *_: None)
    monkeypatch.setitem(known, "call", lambda _, *command: ran.extend(command))
    session = SimpleNamespace(posargs=[], install=lambda *what, **_: installed.append(what[-1]))
    loaded["service_tests"].func(session, python)
    tests = [f"services/{name}/tests" for name in tested]
    apart = "--ignore-glob=*/tests/deployed"  # they need the emulated AWS
    assert ran == ["pytest", apart, "packages/artifact/tests", *tests]
    assert installed == [str(tmp_path / name / "lock") for name in tested]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[str, ...]]]:
    """Runs a release session on a stack that has the services `first` and `second`."""
    loaded = noxfile("linux", monkeypatch)
    known = loaded["release"].__globals__
    monkeypatch.setattr("service.declaration.names", lambda: ("first", "second"))
    monkeypatch.setitem(known, "install", lambda *_: None)
    monkeypatch.setitem(known, "outputs_of", lambda _, stack, service: f"{stack}/{service}")

    def run(
        name: str, *arguments: str, failing: tuple[str, int] | None = None
    ) -> list[tuple[str, ...]]:
        ran: list[tuple[str, ...]] = []

        def call(_: object, *command: str, **__: object) -> None:
            ran.append(command)
            if failing and f"dev/{failing[0]}" in command:
                sys.exit(failing[1])

        monkeypatch.setitem(known, "call", call)
        posargs = ["dev", *arguments]
        try:
            registry.get()[name].func(SimpleNamespace(name=name, posargs=posargs))
        except SystemExit as ended:
            ran.append(("ended", str(ended.code)))
        return ran

    return run


@pytest.mark.parametrize(
    "words",
    ["rollout --plan stepped", "status", "smoke", "prune --keep 3", "rollback --canary-only"],
)
def test_each_service_in_turn(words: str, typed: Callable[..., list[tuple[str, ...]]]) -> None:
    """What is no guess needs no name; the second is reached although the first failed."""
    name, *options = words.split()
    first, second = (
        ("release", "--outputs", f"dev/{each}", name, *options) for each in ("first", "second")
    )
    assert typed(name, *options) == [first, second]
    assert typed(name, *options, failing=("first", 3)) == [first, second, ("ended", "3")]


@pytest.mark.parametrize(
    "words",
    ["rollback", "invoke event.json", "redrive", "load", "rollout --version 7", "status --json x"],
)
def test_what_means_one_service_asks_for_its_name(
    words: str, typed: Callable[..., list[tuple[str, ...]]], capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, exit status 2, nothing done; with the name it is done on that one."""
    name, *options = words.split()
    assert typed(name, *options) == [("ended", "2")]
    assert capsys.readouterr().err == (
        f"Name the service: nox -s {name} -- STACK SERVICE, one of: first, second.\n"
    )
    assert typed(name, "", *options) == [("ended", "2")], "a form's field that was left empty"
    if name != "load":
        asked = ("release", "--outputs", "dev/second", name, *options)
        assert typed(name, "second", *options) == [asked]
