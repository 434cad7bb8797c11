"""What a function or an upload may do without harm to the emulator, its host or its neighbours."""

from __future__ import annotations

import fcntl
import io
import json
import os
import socket
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from emulator.cli import main
from emulator.tests.running import RUNTIME, RunningEmulator, wait_until
from emulator.workdir import WorkDirectory, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

UNRULY = """
    import os, resource, signal, subprocess, sys, time

    def handler(event, context):
        do = event.get("do")
        if do == "fork":
            child = os.fork()
            if child == 0:
                os.setsid()
                time.sleep(600)
            return child
        if do == "fork and exit":
            if os.fork() == 0:
                time.sleep(600)
            os._exit(3)
        if do == "flood":
            for _ in range(event["lines"]):
                print("x" * 100)
        if do == "one line":
            sys.stdout.write("y" * event["bytes"])
        if do == "frames":
            os.write(1, bytes.fromhex("a55a0003") + b"\\xff" * 12 + b"lie")
        if do == "ignore":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
        if do == "files":
            opened = []
            try:
                while True:
                    opened.append(open("/dev/null"))
            except OSError as error:
                return [len(opened), resource.getrlimit(resource.RLIMIT_NOFILE)[0], error.errno]
        if do == "close":
            os.closerange(3, 100)
        return dict(os.environ)
"""


@pytest.fixture(scope="module")
def unruly(emulator: RunningEmulator) -> str:
    """A function that does the harm its event names."""
    return emulator.deploy(UNRULY, Timeout=2)


@pytest.fixture
def healthy(emulator: RunningEmulator, versatile: str) -> Iterator[None]:
    """After the test the emulator still serves another function."""
    yield
    assert emulator.process.poll() is None
    assert emulator.invoke(versatile).status == 200


def test_no_variable_of_the_host_reaches_a_function(emulator: RunningEmulator, unruly: str) -> None:
    """The canary HOST_SECRET is in the emulator's environment and in no function's."""
    host = Path(f"/proc/{emulator.process.pid}/environ").read_bytes()
    assert b"HOST_SECRET=not for functions" in host
    seen = emulator.invoke(unruly).payload
    assert "HOST_SECRET" not in seen
    assert "not for functions" not in json.dumps(seen)


@pytest.mark.usefixtures("healthy")
def test_a_forked_child_goes_with_its_environment(emulator: RunningEmulator) -> None:
    """One that stays in the group is killed when the runtime exits."""
    name = emulator.deploy(UNRULY, Timeout=2)
    answer = emulator.invoke(name, {"do": "fork and exit"})
    assert answer.payload["errorType"] == "Runtime.ExitError"
    wait_until(lambda: not _processes_of(emulator, name))


@pytest.mark.usefixtures("healthy")
def test_a_child_in_a_session_of_its_own_does_not_hold_up_the_answer(
    emulator: RunningEmulator, unruly: str
) -> None:
    """A daemon that keeps the output pipe open delays neither this answer nor the next."""
    child = emulator.invoke(unruly, {"do": "fork"}).payload
    try:
        assert emulator.invoke(unruly).status == 200
    finally:
        os.kill(child, 9)


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(
    "event",
    [
        {"do": "flood", "lines": 20_000},
        {"do": "one line", "bytes": 5_000_000},
        {"do": "frames"},
    ],
    ids=["many lines", "one endless line", "a frame that lies about its length"],
)
def test_a_flood_of_output_is_taken_in(emulator: RunningEmulator, event: dict[str, Any]) -> None:
    """The invocation ends as it would without, and its log's tail is 4 KB at most."""
    patient = emulator.deploy(UNRULY, Timeout=60)
    answer = emulator.invoke(patient, event, LogType="Tail")
    assert (answer.status, answer.error) == (200, None)
    assert len(answer.log or "") <= 4096 * 4 / 3 + 4


@pytest.mark.usefixtures("healthy")
def test_a_function_that_ignores_sigterm_is_ended_at_its_timeout(
    emulator: RunningEmulator, unruly: str
) -> None:
    """SIGKILL needs nobody's consent."""
    assert emulator.invoke(unruly, {"do": "ignore"}).payload["errorType"] == "Sandbox.Timedout"


@pytest.mark.usefixtures("healthy")
def test_a_function_runs_out_of_its_own_files_only(emulator: RunningEmulator, unruly: str) -> None:
    """1,024 descriptors for each environment, as on Lambda; the emulator's own are untouched."""
    opened, limit, number = emulator.invoke(unruly, {"do": "files"}).payload
    assert limit == 1024
    assert opened < 1024
    assert number == 24


@pytest.mark.usefixtures("healthy")
def test_a_function_that_closes_its_descriptors_harms_itself_at_most(
    emulator: RunningEmulator, unruly: str
) -> None:
    """Its runtime may never ask for the next event, which then times out: a new one takes over."""
    assert emulator.invoke(unruly, {"do": "close"}).status == 200
    emulator.invoke(unruly)
    assert emulator.invoke(unruly).error is None


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(
    ("name", "content"), [("../escape.py", b""), ("zeros", bytes(262_144_001))]
)
def test_a_harmful_upload_is_refused_over_the_wire(
    emulator: RunningEmulator, name: str, content: bytes
) -> None:
    """A path that leads outside and a zip bomb: one 400 each, no function, no file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(name, content)
    client = emulator.client("lambda")
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        client.create_function(
            FunctionName="harmful",
            Runtime=RUNTIME,
            Handler="app.handler",
            Role=emulator.role("*"),
            Code={"ZipFile": buffer.getvalue()},
        )
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_function(FunctionName="harmful")


def test_two_emulators_do_not_disturb_each_other(emulator: RunningEmulator, env_file: Path) -> None:
    """Functions, tables and metrics of the same name are apart; the end of one is no one else's."""
    other = RunningEmulator.start(env_file, "--seed", "7")
    try:
        for running, answer in ((emulator, "one"), (other, "two")):
            running.deploy(f"def handler(event, context): return {answer!r}", FunctionName="twin")
            running.client("sqs").create_queue(QueueName="twin")
        assert emulator.invoke("twin").payload == "one"
        assert other.invoke("twin").payload == "two"
        queue = emulator.client("sqs").get_queue_url(QueueName="twin")["QueueUrl"]
        emulator.client("sqs").send_message(QueueUrl=queue, MessageBody="for one")
        assert "Messages" not in other.client("sqs").receive_message(QueueUrl=queue)
    finally:
        other.stop()
    assert emulator.invoke("twin").payload == "one"


def test_every_socket_is_on_the_loopback(emulator: RunningEmulator, versatile: str) -> None:
    """The endpoint, the storage process, every Runtime API and the X-Ray daemon."""
    emulator.invoke(versatile)
    pids = {emulator.process.pid, *_children(emulator.process.pid)}
    inodes = {inode for pid in pids for inode in _sockets(pid)}
    listening = [address for address, inode in _listening() if inode in inodes]
    assert len(listening) >= 3
    assert all(address.startswith("127.") for address in listening), listening


def test_another_address_than_the_loopback_takes_a_second_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --expose it is refused in one sentence."""
    assert main(["--env-file", str(tmp_path / "e"), "--host", "0.0.0.0"]) == 2  # noqa: S104
    assert "--expose" in capsys.readouterr().err


def test_an_exposed_emulator_warns(env_file: Path) -> None:
    """It serves, and says on stderr who may now run code here."""
    running = RunningEmulator.start(env_file, "--host", "0.0.0.0", "--expose")  # noqa: S104
    output = running.stop()
    assert "whoever listens on the way to this machine can run code on it" in output


def _processes_of(running: RunningEmulator, name: str) -> list[int]:
    """Processes whose environment names the function of this emulator."""
    endpoint = running.environment["AWS_ENDPOINT_URL"]
    marks = (f"AWS_LAMBDA_FUNCTION_NAME={name}".encode(), f"AWS_ENDPOINT_URL={endpoint}".encode())
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            variables = (directory / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if all(mark in variables for mark in marks):
            found.append(int(directory.name))
    return found


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _sockets(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target[8:-1]


def _listening() -> Iterator[tuple[str, str]]:
    """Address and inode of every listening TCP socket (proc(5))."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A":
            raw = bytes.fromhex(fields[1].partition(":")[0])[::-1]
            yield socket.inet_ntoa(raw), fields[9]


def test_a_start_that_is_swept_before_its_lock_makes_another_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another start's sweep between the opening of the lock and its locking costs nothing."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    lock = fcntl.flock
    swept: list[Path] = []

    def sweep_first(descriptor: int, operation: int) -> None:
        if operation == fcntl.LOCK_EX and not swept:
            swept.extend(tmp_path.iterdir())
            sweep()
        lock(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", sweep_first)
    work = WorkDirectory()
    assert len(swept) == 1
    assert not swept[0].exists()
    sweep()
    assert work.path.is_dir()
    work.remove()


def test_what_a_killed_emulator_leaves_is_swept_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory in use, one of another kind and one without a lock stay; read-only code goes."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    used = WorkDirectory()
    stale = tmp_path / "emulated-aws-stale"
    (stale / "code" / "digest").mkdir(parents=True)
    (stale / "code" / "digest").chmod(0o555)
    (stale / "lock").touch()
    (tmp_path / "emulated-aws-without").mkdir()
    (tmp_path / "other").mkdir()
    sweep()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {used.path.name, "emulated-aws-without", "other"}
    used.remove()
    assert not used.path.exists()
