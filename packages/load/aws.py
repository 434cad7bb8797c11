"""What is loaded: a service's outputs, AWS's clients, and the checks that the load can go there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from cloud import refusals
from cloud.region import region
from console.errors import UsageError
from service import declaration

from load import proxy

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from service.declaration import Service
    from types_boto3_lambda import LambdaClient


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the load test reads of a service's outputs; `table` is None where it has none."""

    stack: str
    service: Service
    function: str
    alias: str
    dead_letter_queue: str
    log_group: str
    table: str | None


@dataclass(frozen=True, slots=True)
class Destination:
    """A function behind an alias: timeout in seconds; concurrency is what it may use at a time.

    `ca_bundle` is the file of certificates to trust instead of the usual ones, as AWS_CA_BUNDLE has
    it.
    """

    endpoint: str
    region: str
    function: str
    alias: str
    timeout: float
    concurrency: int
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
    "stack": "stack",
    "function": "lambdaFunctionName",
    "alias": "lambdaAliasName",
    "dead_letter_queue": "dlqQueueUrl",
    "log_group": "logGroupName",
}


def load_outputs(path: Path) -> Outputs:
    """Read a service's outputs.

    Raises UsageError when missing, no JSON, lacking an output, or of a service that is not here.
    """
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
    given = document if isinstance(document, dict) else {}
    service = declaration.load(str(given["service"])) if given.get("service") else None
    needed = ["service", *_NAMES.values(), *(["tableName"] if service and service.table else [])]
    missing = [name for name in needed if not given.get(name)]
    if missing or service is None:
        raise UsageError(
            f"The stack outputs {path} lack {', '.join(missing)}; deploy the stack again."
        )
    found = {field: str(given[name]) for field, name in _NAMES.items()}
    return Outputs(
        service=service, table=str(given["tableName"]) if service.table else None, **found
    )


class Aws:
    """botocore's session, resolved once: credentials, region, endpoints of the environment."""

    def __init__(self) -> None:
        self.session = botocore.session.get_session()
        if (named := region()) is not None:
            self.session.set_config_variable("region", named)

    def client(self, service: str) -> Any:
        """Return a client. Raises UsageError without a region or with a bad endpoint."""
        config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
        with translated(f"starting the {service} client"):
            return self.session.create_client(service, config=config)

    def credentials(self) -> Any:
        """Return the session's credentials. Raises UsageError when there are none."""
        with translated("looking for credentials"):
            found: Any = self.session.get_credentials()
            if found is None:
                raise NoCredentialsError
        return found


def connect(aws: Aws, outputs: Outputs) -> Destination:
    """Check function, alias and the right to invoke, and return where to send.

    Raises UsageError with one sentence when any of it is not there, or the proxy is no use.
    """
    client = cast("LambdaClient", aws.client("lambda"))
    proxy.between(client.meta.endpoint_url)
    with translated(f"asking for {outputs.function}:{outputs.alias}"):
        alias = client.get_alias(FunctionName=outputs.function, Name=outputs.alias)
        settings = client.get_function_configuration(FunctionName=outputs.function)
        reserved: Any = client.get_function_concurrency(FunctionName=outputs.function)
        concurrency = reserved.get("ReservedConcurrentExecutions")
        if concurrency is None:
            limits = client.get_account_settings()["AccountLimit"]
            concurrency = limits["UnreservedConcurrentExecutions"]
        client.invoke(
            FunctionName=outputs.function, Qualifier=alias["Name"], InvocationType="DryRun"
        )
    return Destination(
        endpoint=client.meta.endpoint_url,
        region=client.meta.region_name,
        function=outputs.function,
        alias=outputs.alias,
        timeout=float(settings["Timeout"]),
        concurrency=concurrency,
        ca_bundle=aws.session.get_config_variable("ca_bundle"),
    )


def deployed(aws: Aws, outputs: Outputs) -> dict[str, Any]:
    """Return `codeSha256` (base64) and `memoryMb` of the alias's version; {} where not allowed."""
    client = cast("LambdaClient", aws.client("lambda"))
    try:
        found: Any = client.get_function_configuration(
            FunctionName=outputs.function, Qualifier=outputs.alias
        )
    except (BotoCoreError, ClientError):
        return {}
    return {"codeSha256": found.get("CodeSha256"), "memoryMb": found.get("MemorySize")}


def translated(doing: str) -> AbstractContextManager[None]:
    """Turn what botocore raises into UsageError, naming what was being done."""
    return refusals.translated(doing, UsageError)
