"""Execution environments: isolation, life cycle, credentials, logs."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from console.checkout import ROOT
from emulator.tests.running import RUNTIME, wait_until, zipped

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator

DEFINED_BY_LAMBDA = {
    *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_EXECUTION_ENV", "AWS_REGION", "AWS_DEFAULT_REGION"),
    *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
    *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API"),
    *("LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "PYTHONPATH", "PATH", "LD_LIBRARY_PATH", "PWD"),
    *("LANG", "LC_CTYPE", "TZ", "SHLVL", "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS"),
    *("_AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_PORT"),
}
OURS = {"AWS_ENDPOINT_URL", "TMPDIR"}
"""Documented differences: the way back to the emulator, and a scratch directory of one's own."""


@pytest.mark.behaviour("E16", "E17", "E18", "E19", "E20")
def test_only_lambdas_own_variables_and_the_functions_reach_the_process(
    emulator: RunningEmulator, versatile: str
) -> None:
    """E16-E22 (recorded; configuration-envvars): nothing of the host's environment."""
    client = emulator.client("lambda")
    client.update_function_configuration(
        FunctionName=versatile, Environment={"Variables": {"OWN": "value"}}
    )
    emulator.settled(versatile)
    seen = emulator.invoke(versatile, {"do": "environment"}).payload
    assert set(seen) - {"LC_CTYPE", "_X_AMZN_TRACE_ID"} == (
        (DEFINED_BY_LAMBDA | OURS | {"OWN"}) - {"LC_CTYPE", "_X_AMZN_TRACE_ID"}
    )
    assert seen["OWN"] == "value"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == versatile
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{versatile}"
    assert "HOST_SECRET" not in seen


def test_the_hosts_packages_are_out_of_reach(emulator: RunningEmulator, versatile: str) -> None:
    """The path has the code, what the runtime ships, and the standard library."""
    entries = emulator.invoke(versatile, {"do": "path"}).payload
    assert not [entry for entry in entries if "site-packages" in entry or str(ROOT) in entry]
    name = emulator.deploy("import pytest")
    assert emulator.invoke(name).payload["errorType"] == "Runtime.ImportModuleError"


def test_the_runtime_ships_boto3(emulator: RunningEmulator) -> None:
    """The Python runtime includes boto3 (Lambda Developer Guide, lambda-python)."""
    name = emulator.deploy("import boto3\ndef handler(event, context): return boto3.__version__")
    assert emulator.invoke(name).error is None


@pytest.mark.behaviour("E25")
def test_the_role_is_enforced_on_what_the_function_calls(emulator: RunningEmulator) -> None:
    """E25 (recorded): credentials are a session of the role, named after the function."""
    source = """
        import boto3, botocore.exceptions
        def handler(event, context):
            who = boto3.client("sts").get_caller_identity()["Arn"]
            try:
                boto3.client("dynamodb").list_tables()
            except botocore.exceptions.ClientError as error:
                return [who, error.response["Error"]["Code"]]
            return [who, "allowed"]
    """
    refused = emulator.deploy(source, Role=emulator.role(), Timeout=20)
    who, verdict = emulator.invoke(refused).payload
    assert who.endswith(f"/{refused}")
    assert verdict.startswith("AccessDenied")
    allowed = emulator.deploy(source, Role=emulator.role("dynamodb:ListTables"), Timeout=20)
    assert emulator.invoke(allowed).payload[1] == "allowed"


@pytest.mark.behaviour("E26")
def test_an_idle_environment_outlasts_the_functions_timeout(emulator: RunningEmulator) -> None:
    """Its runtime waits for the next event, however long."""
    name = emulator.deploy("import os\ndef handler(event, context): return os.getpid()", Timeout=1)
    pid = emulator.invoke(name).payload
    time.sleep(1.5)
    assert emulator.invoke(name).payload == pid


@pytest.mark.behaviour("E1", "E8")
def test_an_environment_is_reused_and_keeps_its_globals(
    emulator: RunningEmulator, versatile: str
) -> None:
    """E1, E8 (lambda-runtime-environment): also after a handler's exception."""
    first = emulator.invoke(versatile, Qualifier="live").payload
    emulator.invoke(versatile, {"do": "raise", "message": ""}, Qualifier="live")
    second = emulator.invoke(versatile, Qualifier="live").payload
    assert (second["pid"], second["count"]) == (first["pid"], first["count"] + 2)


@pytest.mark.behaviour("E8", "E9")
def test_a_crash_resets_the_environment_but_keeps_its_log_stream(
    emulator: RunningEmulator,
) -> None:
    """E8, E9 (recorded): new process, same environment, its scratch files still there."""
    name = emulator.deploy(
        """
        import os
        def handler(event, context):
            path = os.environ["TMPDIR"] + "/kept"
            before = os.path.exists(path)
            open(path, "w").close()
            if event.get("exit"):
                os._exit(1)
            return [before, os.getpid(), os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]]
        """
    )
    kept, pid, stream = emulator.invoke(name).payload
    assert not kept
    emulator.invoke(name, {"exit": True})
    assert emulator.invoke(name).payload[0] is True
    assert emulator.invoke(name).payload[1] != pid
    assert emulator.invoke(name).payload[2] == stream


@pytest.mark.behaviour("E2", "E7", "E52")
def test_init_is_reported_once_and_not_part_of_the_duration(emulator: RunningEmulator) -> None:
    """E2, E7, E52 (lambda-runtime-environment): a cold start outlasts the function's timeout."""
    name = emulator.deploy(
        "import time; time.sleep(1.3)\ndef handler(event, context): return 1", Timeout=1
    )
    cold = _log(emulator, name)
    assert "\tInit Duration: 1" in cold
    assert cold.startswith("INIT_START Runtime Version: python:3.")
    assert "Init Duration" not in _log(emulator, name)


@pytest.mark.behaviour("E14")
def test_a_new_configuration_takes_new_environments(emulator: RunningEmulator) -> None:
    """E14: a configuration is fixed for the life of an environment."""
    name = emulator.deploy("import os\ndef handler(event, context): return os.getpid()")
    before = emulator.invoke(name).payload
    client = emulator.client("lambda")
    client.update_function_configuration(FunctionName=name, Description="changed")
    emulator.settled(name)
    assert emulator.invoke(name).payload != before
    wait_until(lambda: not Path(f"/proc/{before}").exists())


@pytest.mark.behaviour("E14")
def test_new_code_runs_after_an_update(emulator: RunningEmulator) -> None:
    """E14: `$LATEST` is what was uploaded last; a published version stays what it was."""
    name = emulator.deploy("def handler(event, context): return 'old'")
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    assert emulator.invoke(name).payload == "old"
    code = zipped({"app.py": "def handler(event, context): return 'new'"})
    client.update_function_code(FunctionName=name, ZipFile=code)
    emulator.settled(name)
    assert emulator.invoke(name).payload == "new"
    assert emulator.invoke(name, Qualifier="1").payload == "old"


@pytest.mark.behaviour("E14")
def test_a_published_version_keeps_its_environments_when_latest_changes(
    emulator: RunningEmulator,
) -> None:
    """E14: a deployment does not cool the version that serves traffic."""
    name = emulator.deploy("import os\ndef handler(event, context): return os.getpid()")
    client = emulator.client("lambda")
    client.publish_version(FunctionName=name)
    before = emulator.invoke(name, Qualifier="1").payload
    client.update_function_configuration(FunctionName=name, Description="changed")
    emulator.settled(name)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=5)
    assert emulator.invoke(name, Qualifier="1").payload == before


def test_processes_that_a_function_leaves_die_with_its_environment(
    emulator: RunningEmulator,
) -> None:
    """A reset ends the whole process group."""
    name = emulator.deploy(
        """
        import subprocess, time
        def handler(event, context):
            child = subprocess.Popen(["sleep", "60"])
            print("child", child.pid, flush=True)
            time.sleep(30)
        """,
        Timeout=1,
    )
    log = _log(emulator, name)
    pid = int(log.split("child ", 1)[1].split()[0])
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


@pytest.mark.behaviour("E53")
def test_a_timeout_is_named_in_the_report(emulator: RunningEmulator) -> None:
    """E53 (public logs): `Status: timeout`."""
    name = emulator.deploy("import time\ndef handler(event, context): time.sleep(9)", Timeout=1)
    assert "Status: timeout" in _log(emulator, name)


@pytest.mark.behaviour("E61", "E62", "E64")
def test_json_format_gives_platform_events(emulator: RunningEmulator) -> None:
    """E61-E64 (telemetry-schema-reference): start and report as JSON, runtimeDone below INFO."""
    name = emulator.deploy(
        "def handler(event, context): return 1", LoggingConfig={"LogFormat": "JSON"}
    )
    events = [json.loads(line) for line in _log(emulator, name).splitlines()]
    assert [event["type"] for event in events] == [
        "platform.initStart",
        "platform.start",
        "platform.report",
    ]
    assert events[2]["record"]["status"] == "success"
    assert events[2]["record"]["metrics"]["memorySizeMB"] == 128


@pytest.mark.behaviour("E56", "E58")
def test_a_log_record_with_line_feeds_stays_one_event(emulator: RunningEmulator) -> None:
    """E56-E58: records are framed, `print` is cut at line feeds, and both keep their order."""
    name = emulator.deploy(
        """
        import logging
        def handler(event, context):
            print("one\\ntwo")
            logging.error("three\\nfour")
            print("five")
        """
    )
    stream = _stream_events(emulator, name, "five")
    start = next(i for i, message in enumerate(stream) if message == "one")
    assert stream[start + 1] == "two"
    assert stream[start + 2].startswith("[ERROR]\t")
    assert stream[start + 2].endswith("three\nfour")
    assert stream[start + 3] == "five"


def _stream_events(emulator: RunningEmulator, name: str, last: str) -> list[str]:
    emulator.invoke(name)
    logs = emulator.client("logs")

    def events() -> list[str]:
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        messages = [str(event["message"]).rstrip("\n") for event in found]
        return messages if last in messages else []

    return list(wait_until(events))


def _log(emulator: RunningEmulator, name: str) -> str:
    log = emulator.invoke(name, LogType="Tail").log
    assert log is not None
    return base64.b64decode(log).decode()


@pytest.mark.behaviour("I37")
def test_a_runtime_that_is_not_here_is_refused_by_name(emulator: RunningEmulator) -> None:
    """I37 (botocore Lambda model): `InvalidRuntimeException`, 502."""
    other = "python3.12" if RUNTIME != "python3.12" else "python3.13"
    name = emulator.deploy("def handler(event, context): return 1", Runtime=other)
    with pytest.raises(ClientError, match=other) as caught:
        emulator.invoke(name)
    assert caught.value.response["Error"]["Code"] == "InvalidRuntimeException"
