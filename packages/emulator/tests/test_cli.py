"""The command line: what it refuses, and that it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from console.checkout import ROOT
from emulator.cli import main, parse
from emulator.tests.running import RunningEmulator, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PID = "import os\ndef handler(event, context): return os.getpid()"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "--env-file"),
        (["--env-file", "{tmp}/e", "--port", "many"], "many is not a port number"),
        (["--env-file", "{tmp}/e", "--time-scale", "0"], "0 is not a number above 0"),
        (["--env-file", "{tmp}/e", "--latency", "dynamodb"], "SERVICE=MILLISECONDS"),
        (["--env-file", "{tmp}/e", "--host", "0.0.0.0"], "not a loopback address"),  # noqa: S104
        (["--env-file", "{tmp}/e", "--account-concurrency", "-1"], "-1 is not a whole number"),
        (["--env-file", "{tmp}/e", "--storage", "{tmp}/none"], "No MiniStack in"),
        (["--env-file", "{tmp}/none/e"], "There is no directory"),
        (["--env-file", "{tmp}/e", "--unknown"], "Unrecognized arguments: --unknown"),
    ],
)
def test_bad_input_is_one_sentence_and_status_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    """No usage text, no traceback, nothing started."""
    assert main([argument.format(tmp=tmp_path) for argument in arguments]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_busy_port_is_one_sentence_and_status_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The port is tried before anything is started."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--env-file", str(tmp_path / "e"), "--port", str(port)]) == 2
    assert f"Cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


def test_latency_is_given_per_service(tmp_path: Path) -> None:
    """`--latency` may be repeated."""
    options = ["--latency", "dynamodb=40", "--latency", "sqs=2.5"]
    assert parse(["--env-file", str(tmp_path / "e"), *options]).latency_ms == {
        "dynamodb": 40.0,
        "sqs": 2.5,
    }


@pytest.fixture
def private(env_file: Path, tmp_path: Path) -> Iterator[RunningEmulator]:
    """An emulator that the test may end; its temporary directory is in the test's own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    os.environ["TMPDIR"] = str(scratch)
    try:
        running = RunningEmulator.start(env_file, "--latency", "dynamodb=1", scale=1.0)
    finally:
        del os.environ["TMPDIR"]
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.communicate()


def test_the_environment_file_is_private_and_complete(private: RunningEmulator) -> None:
    """0600; the variables any AWS client needs."""
    assert stat.S_IMODE(private.env_file.stat().st_mode) == 0o600
    assert set(private.environment) == {
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_clean_stop_leaves_nothing_and_says_what_is_queued(
    private: RunningEmulator, tmp_path: Path, number: signal.Signals
) -> None:
    """Children, temporary files and the environment file are gone; queued events are counted."""
    name = private.deploy("import time\ndef handler(event, context): time.sleep(60)", Timeout=90)
    pid = private.invoke(private.deploy(PID)).payload
    private.client("lambda").put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=1
    )
    for _ in range(3):
        private.invoke(name, InvocationType="Event")
    children = _descendants(private.process.pid)
    assert pid in children
    private.process.send_signal(number)
    output, errors = private.process.communicate(timeout=20)
    assert private.process.returncode == 0
    assert f"Asynchronous events still queued: 3 ({name}: 3)." in output
    assert errors == ""
    wait_until(lambda: not any(_alive(child) for child in children))
    assert not private.env_file.exists()
    assert not list((tmp_path / "scratch").iterdir())


def test_children_die_with_a_killed_emulator(private: RunningEmulator) -> None:
    """SIGKILL leaves no environment and no storage process behind."""
    private.invoke(private.deploy(PID))
    children = _descendants(private.process.pid)
    assert len(children) >= 2
    private.process.kill()
    private.process.communicate()
    wait_until(lambda: not any(_alive(child) for child in children))


def test_a_dead_storage_process_ends_the_emulator(private: RunningEmulator) -> None:
    """One sentence on stderr, status 1."""
    (storage,) = _descendants(private.process.pid)
    os.kill(storage, signal.SIGKILL)
    _, errors = private.process.communicate(timeout=20)
    assert private.process.returncode == 1
    assert errors == "The storage process ended on its own; the emulator stops.\n"


def test_an_unsigned_request_is_refused_as_aws_does(emulator: RunningEmulator) -> None:
    """The service is read from the signature, so there is none without."""
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError, match="403") as caught:
        urllib.request.urlopen(emulator.environment["AWS_ENDPOINT_URL"])  # noqa: S310
    with caught.value as answer:
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
        assert b"Missing Authentication Token" in answer.read()


def test_one_endpoint_serves_the_storage_services_too(emulator: RunningEmulator) -> None:
    """DynamoDB, SQS, STS and Logs are forwarded by the service of the signature."""
    emulator.table("orders", "k")
    client = emulator.client("dynamodb")
    client.put_item(TableName="orders", Item={"k": {"S": "1"}})
    with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
        client.put_item(
            TableName="orders",
            Item={"k": {"S": "1"}},
            ConditionExpression="attribute_not_exists(k)",
        )
    assert emulator.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_the_command_says_what_it_is_for() -> None:
    """`--help` works from the repository's root."""
    shown = subprocess.run(
        [sys.executable, "-m", "emulator", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "--env-file" in shown
    assert "--account-concurrency" in shown


def _descendants(pid: int) -> set[int]:
    """Direct children of `pid` that are alive."""
    tasks = Path(f"/proc/{pid}/task")
    found: set[int] = set()
    for task in tasks.iterdir():
        found.update(int(child) for child in (task / "children").read_text().split())
    return found


def _alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
