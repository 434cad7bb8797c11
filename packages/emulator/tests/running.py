"""A real emulator in a process of its own, and functions deployed on it, for tests of any part."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from console.checkout import ROOT
from console.lifelines import tied
from sandbox.emulated import variables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
_READY_SECONDS = 30.0
_names = itertools.count()


def wait_until(condition: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first truthy value of `condition`; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"did not happen within {seconds:g} s")


def zipped(files: dict[str, str]) -> bytes:
    """A zip with these files, their texts dedented."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, textwrap.dedent(text))
    return buffer.getvalue()


def trust(service: str) -> str:
    """A trust policy for `service`."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(*actions: str) -> str:
    """A policy that allows `actions` on everything."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass
class RunningEmulator:
    """An emulator process; `environment` is what its environment file holds."""

    process: subprocess.Popen[str]
    env_file: Path
    scale: float
    environment: dict[str, str]
    clients: dict[str, Any] = field(default_factory=dict)
    made: list[Any] = field(default_factory=list)
    """Every client: one that is collected with a connection open warns in another test."""

    @classmethod
    def start(
        cls,
        env_file: Path,
        *options: str,
        scale: float = 300.0,
        program: Sequence[str] = ("-m", "emulator"),
    ) -> RunningEmulator:
        """Start one with `options` and wait until it is ready; `program` runs another main.

        It ends with this process, however that ends.
        """
        command = [sys.executable, *program, f"--env-file={env_file}"]
        process = tied(
            [*command, f"--time-scale={scale}", *options],
            signal.SIGTERM,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "HOST_SECRET": "not for functions"},
        )

        def ready() -> bool:
            assert process.poll() is None, process.communicate()
            return env_file.exists()

        wait_until(ready, _READY_SECONDS)
        return cls(process, env_file, scale, variables(env_file))

    def stop(self) -> str:
        """SIGTERM; returns what it printed."""
        for client in self.made:
            client.close()
        self.process.terminate()
        output, errors = self.process.communicate(timeout=20)
        return output + errors

    def client(self, service: str) -> Any:
        """A boto3 client that does not retry; cached."""
        if service not in self.clients:
            self.clients[service] = self.another_client(service)
        return self.clients[service]

    def another_client(self, service: str) -> Any:
        """One that a test may put hooks into."""
        create: Any = boto3.client  # its overloads want literal names
        client = create(
            service,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_REGION"],
            config=Config(
                retries={"total_max_attempts": 1}, max_pool_connections=64, read_timeout=90
            ),
        )
        self.made.append(client)
        return client

    def role(self, *actions: str) -> str:
        """A new role that Lambda may assume and that allows `actions`; its ARN."""
        iam, name = self.client("iam"), f"role-{next(_names)}"
        arn = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
        )["Role"]["Arn"]
        if actions:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=policy(*actions))
        return str(arn)

    def table(self, name: str, key: str) -> None:
        """A new table with that key, a text; it is there."""
        client = self.client("dynamodb")
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        wait_until(
            lambda: client.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
        )

    def deploy(self, source: str | dict[str, str], **settings: Any) -> str:
        """A new active function from the source of `app.py` (handler `app.handler`); its name.

        `settings` are CreateFunction's parameters; the role defaults to one that may do anything.
        """
        client = self.client("lambda")
        files = {"app.py": source} if isinstance(source, str) else source
        name = settings.pop("FunctionName", f"function-{next(_names)}")
        parameters: dict[str, Any] = {
            "FunctionName": name,
            "Runtime": RUNTIME,
            "Handler": "app.handler",
            "Code": {"ZipFile": zipped(files)},
            **settings,
        }
        parameters.setdefault("Role", self.role("*"))
        client.create_function(**parameters)
        self.settled(name)
        return str(name)

    def settled(self, name: str) -> None:
        """Wait until the function is active and no update is in progress."""

        def active() -> bool:
            configuration = self.client("lambda").get_function_configuration(FunctionName=name)
            states = (configuration["State"], configuration.get("LastUpdateStatus"))
            return states == ("Active", "Successful")

        wait_until(active)

    def invoke(self, name: str, event: object = None, **settings: Any) -> Invocation:
        """Invoke and read the reply whole."""
        reply = self.client("lambda").invoke(
            FunctionName=name, Payload=json.dumps(event or {}), **settings
        )
        body = reply["Payload"].read()
        headers = reply["ResponseMetadata"]["HTTPHeaders"]
        return Invocation(
            status=reply["StatusCode"],
            payload=json.loads(body) if body else None,
            error=reply.get("FunctionError"),
            version=reply.get("ExecutedVersion"),
            log=reply.get("LogResult"),
            request_id=headers["x-amzn-requestid"],
            headers=headers,
        )


@dataclass(frozen=True)
class Invocation:
    """A reply of Invoke."""

    status: int
    payload: Any
    error: str | None
    version: str | None
    log: str | None
    request_id: str
    headers: dict[str, str]
