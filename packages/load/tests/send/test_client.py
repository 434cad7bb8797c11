"""The client against the stub, in a process of its own because gevent takes over its sockets."""

import json
import subprocess
import sys

from console.checkout import ROOT

from load.tests.stub import Stub

SCRIPT = """
import json, sys
from gevent import monkey
monkey.patch_all()
from botocore.credentials import Credentials
from dataclasses import asdict
from load.send.client import InvokeClient
from load.aws import Destination

target = Destination(sys.argv[1], "us-east-1", "f", "production", float(sys.argv[2]) - 5, 1)
client = InvokeClient(target, Credentials("key", "secret").get_frozen_credentials)
lines = [{"quantity": 1, "unitPrice": "1"}]
event = json.dumps({"orderId": "a", "currency": "EUR", "lines": lines})
for _ in range(3):
    reply = client.invoke(event.encode(), asynchronous=False)
    print(reply.status, reply.executed_version, reply.body.decode() or reply.error)
client.close()
"""


def invoke(endpoint: str, patience: float = 10.0) -> list[str]:
    """Return what three invocations printed."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, endpoint, str(patience)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_answers_come_over_one_kept_connection() -> None:
    """Requests that follow each other share a connection, and the version that ran is seen."""
    with Stub(service_seconds=0.001) as stub:
        lines = invoke(stub.environment["AWS_ENDPOINT_URL"])
    assert [line[:5] for line in lines] == ["200 1"] * 3
    assert json.loads(lines[0][6:])["status"] == "confirmed"
    assert (stub.invocations, stub.connections) == (3, 1)


def test_a_throttle_is_handed_on_at_once() -> None:
    """A 429 is one attempt, not the first of several."""
    with Stub(slots=0) as stub:
        lines = invoke(stub.environment["AWS_ENDPOINT_URL"])
    assert all(line.startswith("429 None") for line in lines)
    assert stub.throttled == 3


def test_a_silent_function_is_tried_once() -> None:
    """When no answer comes in time the attempt ends and is not repeated."""
    with Stub(service_seconds=30.0) as stub:
        lines = invoke(stub.environment["AWS_ENDPOINT_URL"], patience=0.2)
    assert all(line.startswith("0 None") for line in lines)
    assert stub.invocations == 3


def test_a_dead_endpoint_is_an_answer_of_its_own() -> None:
    """No connection is a transport error with its reason, not a crash."""
    with Stub() as stub:
        endpoint = stub.environment["AWS_ENDPOINT_URL"]
    lines = invoke(endpoint)
    assert len(lines) == 3
    assert all(line.startswith("0 None") and "refused" in line for line in lines)
