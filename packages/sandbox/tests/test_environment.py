"""A person's settings for other work never reach ours."""

import os
from pathlib import Path

import pytest
from console.checkout import ROOT
from console.errors import UsageError
from sandbox import emulated
from sandbox.environment import is_loopback, local, outward

PERSONAL = {
    "AWS_PROFILE": "work",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "LOCUST_TAGS": "slow",
    "LOCUST_MODE_WORKER": "true",
    "PIP_USER": "1",
    "PIP_TARGET": "/elsewhere",
    "UV_TARGET": "/elsewhere",
    "UV_PYTHON": "3.9",
    "PYTHONSAFEPATH": "1",
    "PYTHONPATH": "/elsewhere",
    "PYTHONWARNINGS": "error",
    "PULUMI_ACCESS_TOKEN": "pul-0",
    "NOXSESSION": "lint",
    "GIT_DIR": "/elsewhere/.git",
    "GIT_CONFIG_COUNT": "9",
    "GITHUB_TOKEN": "ghs_0",
}


@pytest.mark.parametrize("name", PERSONAL)
def test_a_persons_setting_is_left_out(name: str) -> None:
    """Each of them broke or redirected local work."""
    assert local({"PATH": "/bin", name: PERSONAL[name]}).get(name) != PERSONAL[name]


def test_what_is_listed_stays() -> None:
    """Where programs and packages come from, and how the terminal shows text."""
    given = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "COLUMNS": "80",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "GITHUB_STEP_SUMMARY": "/summary",
    }
    assert given.items() <= local(given).items()


def test_the_home_is_nobodys(tmp_path: Path) -> None:
    """Neither ~/.aws nor ~/.locust.conf nor ~/.gitconfig is read, and uv keeps its cache."""
    found = local({"PATH": "/bin", "HOME": str(tmp_path)})
    assert found["HOME"] != str(tmp_path)
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert found["UV_CACHE_DIR"] == str(tmp_path / ".cache" / "uv")
    (tmp_path / ".config" / "uv").mkdir(parents=True)
    (tmp_path / ".config" / "uv" / "uv.toml").touch()
    again = local({"PATH": "/bin", "HOME": str(tmp_path)})
    assert again["UV_CONFIG_FILE"] == str(tmp_path / ".config" / "uv" / "uv.toml")


def test_it_may_be_made_of_itself() -> None:
    """Commands start commands: the second environment is the first."""
    once = local({"PATH": "/bin", "HOME": "/nowhere", "NO_PROXY": "intra.example"})
    assert local(once) == once


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_this_machine_is_reached_without_a_proxy(name: str) -> None:
    """Whatever proxy a person has is for packages."""
    found = local({"HTTP_PROXY": "http://proxy.example:3128", name: "intra.example"})
    assert found["NO_PROXY"] == found["no_proxy"] == "intra.example,localhost,127.0.0.1,::1"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"])
@pytest.mark.parametrize(
    "url", ["https://lambda.us-east-1.amazonaws.com", "http://192.0.2.1:4566", "http://[x", "//"]
)
def test_an_endpoint_elsewhere_is_refused(name: str, url: str) -> None:
    """Nothing is silently sent to another place than the one that somebody has set."""
    with pytest.raises(UsageError, match=f"unset {name}"):
        local({name: url})


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4566", "http://127.8.8.8", "http://localhost:1", "http://[::1]:2"]
)
def test_loopback_in_its_forms(url: str) -> None:
    """What never leaves the machine."""
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1.example.com", "http://localhost.example", "http://0.0.0.0:1", ""]
)
def test_what_only_looks_like_loopback(url: str) -> None:
    """A name is judged as a whole."""
    assert not is_loopback(url)


def test_work_on_aws_keeps_what_is_for_aws() -> None:
    """Only what changes imports and installations is dropped."""
    found = outward({**PERSONAL, "HTTPS_PROXY": "http://proxy.example"})
    assert {"AWS_PROFILE", "PULUMI_ACCESS_TOKEN", "GITHUB_TOKEN", "HTTPS_PROXY"} <= set(found)
    assert not {name for name in found if name.startswith(("UV_", "PIP_", "LOCUST_"))}
    assert "PYTHONSAFEPATH" not in found


def test_an_emulator_that_was_started_later_holds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stack's files that are older than it tell of one that is gone; none tell of none."""
    monkeypatch.setattr(emulated, "RUNNING", tmp_path / "emulator.env")
    stack = tmp_path / "stack"
    assert not emulated.knows(stack)
    stack.mkdir()
    emulated.RUNNING.touch()
    assert not emulated.knows(stack)
    (stack / "state.json").touch()
    os.utime(emulated.RUNNING, (1_000, 1_000))
    assert emulated.knows(stack)
    os.utime(stack / "state.json", (900, 900))
    assert not emulated.knows(stack)


def test_a_running_emulator_is_found_by_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None where there is no file, or nobody listens; another machine is refused."""
    monkeypatch.setattr(emulated, "RUNNING", tmp_path / "emulator.env")
    assert emulated.running() is None
    with pytest.raises(UsageError, match="nox -s emulator"):
        emulated.clients()
    emulated.RUNNING.write_text("AWS_ENDPOINT_URL=http://127.0.0.1:9\n")
    assert emulated.running() is None
    emulated.RUNNING.write_text("AWS_ENDPOINT_URL=http://192.0.2.1:80\n")
    with pytest.raises(UsageError, match="never leaves"):
        emulated.running()


def test_an_emulator_is_started_and_ended(tmp_path: Path) -> None:
    """Its clients' environment leads to it, for as long as the context lasts."""
    with emulated.aws(tmp_path, "--time-scale", "60") as environment:
        assert is_loopback(environment["AWS_ENDPOINT_URL"])
        assert emulated.variables(tmp_path / "emulator.env").items() <= environment.items()
    assert not (tmp_path / "emulator.env").exists()


def test_an_emulator_that_cannot_start_says_why(tmp_path: Path) -> None:
    """Its own sentence is passed on."""
    with (
        pytest.raises(UsageError, match="not a number above 0"),
        emulated.aws(tmp_path, "--time-scale", "none"),
    ):
        pass


def test_the_root_is_the_repository() -> None:
    """Everything else is found from there."""
    assert (ROOT / "noxfile.py").is_file()
