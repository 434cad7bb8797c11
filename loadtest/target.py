"""Where the load goes: stack outputs, and the checks that it can be taken there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from loadtest.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from types_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the load test reads of a stack's outputs."""

    function: str
    alias: str
    table: str
    dead_letter_queue: str
    log_group: str


@dataclass(frozen=True, slots=True)
class Target:
    """A function behind an alias: timeout in seconds; slots are the concurrency it may use.

    `ca_bundle` is the file of certificates to trust instead of the usual ones, as AWS_CA_BUNDLE has
    it.
    """

    endpoint: str
    region: str
    function: str
    alias: str
    timeout: float
    slots: int
    ca_bundle: str | None = None

    @property
    def path(self) -> str:
        """The Invoke operation's path."""
        return f"/2015-03-31/functions/{quote(self.function, safe='')}/invocations"

    @property
    def query(self) -> str:
        """The Invoke operation's query."""
        return f"Qualifier={quote(self.alias, safe='')}"


_NAMES = {
    "function": "lambdaFunctionName",
    "alias": "lambdaAliasName",
    "table": "ordersTableName",
    "dead_letter_queue": "dlqQueueUrl",
    "log_group": "logGroupName",
}


def load_outputs(path: Path) -> Outputs:
    """Read a stack's outputs. Raises UsageError when missing, no JSON or lacking an output."""
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise UsageError(
            f"The stack outputs {path} cannot be read ({error.strerror}); deploy the stack first."
        ) from error
    except ValueError as error:
        raise UsageError(
            f"The stack outputs {path} are no JSON; deploy the stack again."
        ) from error
    missing = [
        name for name in _NAMES.values() if not isinstance(document, dict) or not document.get(name)
    ]
    if missing:
        raise UsageError(
            f"The stack outputs {path} lack {', '.join(missing)}; deploy the stack again."
        )
    return Outputs(**{field: str(document[name]) for field, name in _NAMES.items()})


class Aws:
    """botocore's session, resolved once: credentials, region, endpoints of the environment."""

    def __init__(self) -> None:
        self.session = botocore.session.get_session()
        # The name that AWS itself sets, in containers for one; botocore alone does not read it.
        region = os.environ.get("AWS_REGION")
        if region and not os.environ.get("AWS_DEFAULT_REGION"):
            self.session.set_config_variable("region", region)

    def client(self, service: str) -> Any:
        """Return a client. Raises UsageError without a region or with a bad endpoint."""
        config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
        try:
            return self.session.create_client(service, config=config)
        except (BotoCoreError, ValueError) as error:
            raise UsageError(sentence(error)) from error

    def credentials(self) -> Any:
        """Return the session's credentials. Raises UsageError when there are none."""
        found: Any = self.session.get_credentials()
        if found is None:
            raise UsageError(sentence(NoCredentialsError()))
        return found


def connect(aws: Aws, outputs: Outputs) -> Target:
    """Check function, alias and the right to invoke, and return where to send.

    Raises UsageError with one sentence when any of it is not there.
    """
    client = cast("LambdaClient", aws.client("lambda"))
    try:
        alias = client.get_alias(FunctionName=outputs.function, Name=outputs.alias)
        settings = client.get_function_configuration(FunctionName=outputs.function)
        reserved: Any = client.get_function_concurrency(FunctionName=outputs.function)
        slots = reserved.get("ReservedConcurrentExecutions")
        if slots is None:
            limits = client.get_account_settings()["AccountLimit"]
            slots = limits["UnreservedConcurrentExecutions"]
        client.invoke(
            FunctionName=outputs.function, Qualifier=alias["Name"], InvocationType="DryRun"
        )
    except (BotoCoreError, ClientError) as error:
        raise UsageError(sentence(error)) from error
    return Target(
        endpoint=client.meta.endpoint_url,
        region=client.meta.region_name,
        function=outputs.function,
        alias=outputs.alias,
        timeout=float(settings["Timeout"]),
        slots=slots,
        ca_bundle=aws.session.get_config_variable("ca_bundle"),
    )


_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN_KEY = {
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
}


def sentence(error: Exception) -> str:
    """Return an AWS error as one sentence that says what to do."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        text = error.response.get("Error", {}).get("Message", "") or str(error)
        if code in _EXPIRED:
            return "The AWS credentials have expired; sign in again."
        if code in _UNKNOWN_KEY:
            return "AWS does not know these credentials; check AWS_ACCESS_KEY_ID and its secret."
        return f"AWS refused {error.operation_name} ({code}): {text.rstrip('.')}."
    if isinstance(error, NoRegionError):
        return "No AWS region is set; set AWS_REGION."
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "No AWS credentials were found; set AWS_ACCESS_KEY_ID and its secret, or sign in."
    return (
        f"AWS cannot be reached: {str(error).rstrip('.')}; check AWS_ENDPOINT_URL and the network."
    )
