"""Execution environments from inside: their variables, the Runtime API, how they end."""

from __future__ import annotations

import io
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from emulator.tests.observed import at_least, messages, queue, receive
from emulator.tests.running import RUNTIME, wait_until

if TYPE_CHECKING:
    from emulator.tests.running import RunningEmulator


@pytest.mark.behaviour("E16", "E17", "E18", "E19", "E20", "E25", "E14")
def test_the_variables_that_lambda_defines(emulator: RunningEmulator, versatile: str) -> None:
    """Their values, as far as one machine can have them."""
    seen = emulator.invoke(versatile, {"do": "environment"}, Qualifier="live").payload
    expected = {
        "_HANDLER": "app.handler",
        "AWS_LAMBDA_FUNCTION_NAME": versatile,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{versatile}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{RUNTIME}",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "SHLVL": "0",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PWD": seen["LAMBDA_TASK_ROOT"],
        "PYTHONPATH": seen["LAMBDA_RUNTIME_DIR"],
    }
    assert {name: seen[name] for name in expected} == expected
    assert seen["AWS_XRAY_DAEMON_ADDRESS"].endswith(f":{seen['_AWS_XRAY_DAEMON_PORT']}")
    assert "/opt/lib" in seen["LD_LIBRARY_PATH"]
    assert seen["AWS_SESSION_TOKEN"]


@pytest.mark.behaviour("E28", "E30", "E32", "E33")
def test_the_runtime_api_keeps_to_its_states(emulator: RunningEmulator) -> None:
    """Wrong ids are 400, calls out of turn 403, unknown paths 404."""
    name = emulator.deploy(
        """
        import json, os, urllib.error, urllib.request

        def call(path, method, **headers):
            url = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/{path}"
            data = b"{}" if method == "POST" else None
            request = urllib.request.Request(url, data, headers, method=method)
            try:
                return [urllib.request.urlopen(request, timeout=5).status, None]
            except urllib.error.HTTPError as error:
                assert error.headers["Content-Type"] == "application/json"
                return [error.code, json.loads(error.read())["errorType"]]

        def handler(event, context):
            own = f"invocation/{context.aws_request_id}/response"
            return [
                call("invocation/unknown/response", "POST"),
                call(own, "POST", **{"Lambda-Runtime-Invocation-Id": "another"}),
                call("invocation/next", "GET"),
                call("init/error", "POST"),
                call("elsewhere", "GET"),
            ]
        """
    )
    assert emulator.invoke(name).payload == [
        [400, "InvalidRequestID"],
        [400, "InvalidInvocationId"],
        [403, "InvalidStateTransition"],
        [403, "InvalidStateTransition"],
        [404, "NotFound"],
    ]


@pytest.mark.behaviour("E42")
def test_bytes_are_the_payload_as_they_are(emulator: RunningEmulator) -> None:
    """Nothing is made into JSON."""
    name = emulator.deploy("def handler(event, context): return b'\\x00raw'")
    reply = emulator.client("lambda").invoke(FunctionName=name)
    assert reply["Payload"].read() == b"\x00raw"


@pytest.mark.behaviour("E14", "V2")
def test_a_busy_environment_ends_its_run_and_is_then_retired(emulator: RunningEmulator) -> None:
    """An update lets it finish on the old configuration, and no call meets it again."""
    url, arn = queue(emulator)
    name = emulator.deploy(
        f"""
        import boto3, os, time
        sqs = boto3.client("sqs")
        def handler(event, context):
            if event.get("wait"):
                sqs.send_message(QueueUrl="{url}", MessageBody=str(os.getpid()))
                time.sleep(1.2)
            return [os.getpid(), os.environ.get("SETTING")]
        """,
        Timeout=20,
        MemorySize=512,
    )
    assert arn
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(emulator.invoke, name, {"wait": True})
        pid = int(receive(emulator, url)["Body"])
        emulator.client("lambda").update_function_configuration(
            FunctionName=name, Environment={"Variables": {"SETTING": "new"}}
        )
        emulator.settled(name)  # while it runs
        assert not running.done()
        assert running.result().payload == [pid, None]
    after, setting = emulator.invoke(name).payload
    assert (after != pid, setting) == (True, "new")
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


@pytest.mark.behaviour("E10")
def test_an_environment_is_killed_without_notice(emulator: RunningEmulator) -> None:
    """No extension is there, so nothing waits for a SIGTERM handler to run."""
    name = emulator.deploy(
        """
        import os, signal
        marker = os.environ["TMPDIR"] + "-told"
        signal.signal(signal.SIGTERM, lambda *_: open(marker, "w").close())
        def handler(event, context):
            return [os.getpid(), marker]
        """
    )
    pid, marker = emulator.invoke(name).payload
    emulator.client("lambda").delete_function(FunctionName=name)
    wait_until(lambda: not Path(f"/proc/{pid}").exists())
    assert not Path(marker).exists()


@pytest.mark.behaviour("E25")
def test_a_role_without_leave_is_denied_by_dynamodb(emulator: RunningEmulator) -> None:
    """Inside the function, by the error that botocore raises there."""
    emulator.table("denied-orders", "orderId")
    source = """
        import boto3, botocore.exceptions
        client = boto3.client("dynamodb")
        def handler(event, context):
            item = {"orderId": {"S": "1"}}
            try:
                client.put_item(
                    TableName="denied-orders", Item=item,
                    ConditionExpression="attribute_not_exists(orderId)",
                )
            except botocore.exceptions.ClientError as error:
                return error.response["Error"]["Code"]
            return "written"
    """
    settings = {"Timeout": 20, "MemorySize": 512}
    denied = emulator.deploy(source, Role=emulator.role("dynamodb:GetItem"), **settings)
    assert emulator.invoke(denied).payload == "AccessDeniedException"
    allowed = emulator.deploy(source, Role=emulator.role("dynamodb:PutItem"), **settings)
    assert emulator.invoke(allowed).payload == "written"
    assert emulator.invoke(allowed).payload == "ConditionalCheckFailedException"


@pytest.mark.behaviour("A28")
def test_waiting_events_are_dropped_when_the_reservation_becomes_zero(
    emulator: RunningEmulator,
) -> None:
    """At their next turn, as 429s; the one that ran is done."""
    url, arn = queue(emulator)
    name = emulator.deploy(
        "import time\ndef handler(event, context): print('ran'); time.sleep(1.0)",
        Timeout=20,
        DeadLetterConfig={"TargetArn": arn},
    )
    client = emulator.client("lambda")
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(emulator.invoke, name)
        time.sleep(0.4)
        emulator.invoke(name, {"n": 1}, InvocationType="Event")
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        assert running.result().error is None
    letter = receive(emulator, url)
    assert letter["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"
    assert len(wait_until(lambda: at_least(messages(emulator, name, "ran"), 1))) == 1


HOME = """
    import os, pathlib, pwd

    def handler(event, context):
        home = pathlib.Path.home()
        return {"HOME": os.environ.get("HOME"), "home": str(home), "there": home.exists()}
"""


@pytest.mark.behaviour("E67")
def test_a_function_has_no_home(emulator: RunningEmulator) -> None:
    """No variable names one, and the account database's is not there: nothing of the host's."""
    seen = emulator.invoke(emulator.deploy(HOME)).payload
    assert seen == {"HOME": None, "home": "/home/sbx_user1051", "there": False}


@pytest.mark.behaviour("E68")
def test_each_environment_has_an_access_key_of_its_own(emulator: RunningEmulator) -> None:
    """Two environments of one function at one time sign with two keys."""
    name = emulator.deploy(
        """
        import os, time
        def handler(event, context):
            time.sleep(0.5)
            return os.environ["AWS_ACCESS_KEY_ID"]
        """
    )
    with ThreadPoolExecutor(2) as pool:
        keys = {each.payload for each in pool.map(emulator.invoke, [name, name])}
    assert len(keys) == 2


WRAPPER = """#!/bin/sh
export WRAPPED=yes
exec "$@"
"""


@pytest.mark.behaviour("E69")
@pytest.mark.parametrize("path", ["/var/task/wrapper", "/opt/absent"])
def test_a_wrapper_script_starts_the_runtime(emulator: RunningEmulator, path: str) -> None:
    """It gets the runtime's command line; where it is missing the init ends with 127."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("app.py", "import os\ndef handler(e, c): return os.environ['WRAPPED']\n")
        script = zipfile.ZipInfo("wrapper")
        script.external_attr = 0o755 << 16
        zipped.writestr(script, WRAPPER)
    variables = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": path}}
    code = {"ZipFile": archive.getvalue()}
    seen = emulator.invoke(emulator.deploy("", Code=code, Environment=variables))
    if seen.error is None:
        assert (path, seen.payload) == ("/var/task/wrapper", "yes")
    else:
        assert path == "/opt/absent"
        assert seen.payload["errorType"] == "Runtime.ExitError"
        assert seen.payload["errorMessage"].endswith("Runtime exited with error: exit status 127")


@pytest.mark.behaviour("E25")
def test_a_session_of_a_function_with_one_letter_has_a_longer_name(
    emulator: RunningEmulator,
) -> None:
    """STS takes no name of one character, so Lambda adds to it."""
    source = """
        import boto3
        def handler(event, context):
            return boto3.client("sts").get_caller_identity()["Arn"]
    """
    name = emulator.deploy(source, FunctionName="f", Timeout=30, MemorySize=512)
    assert emulator.invoke(name).payload.endswith("/f@lambda_function")
