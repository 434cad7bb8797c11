"""Whether the account can give the concurrency that a stack reserves, asked before any change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from infra.errors import UsageError

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

UNRESERVED_FLOOR = 100
"""Executions that must stay unreserved (Lambda Developer Guide, reserved concurrency)."""
_QUOTA = "L-B99A9384"
"""Service Quotas' code of Lambda's `Concurrent executions`."""


@dataclass(frozen=True, slots=True)
class Concurrency:
    """An account's concurrent executions in one region, and the function's own share of them."""

    limit: int
    unreserved: int
    own: int
    """What the function holds already: 0 before its first deployment."""


def shortage(asked: int, account: Concurrency) -> int:
    """How many executions the account lacks for a reservation of `asked`; 0 where it suffices."""
    return max(0, asked - (account.unreserved + account.own - UNRESERVED_FLOOR))


def check(stack: str, asked: int, account: Concurrency) -> None:
    """Raise UsageError where `asked` reserved executions would not leave the account its floor."""
    missing = shortage(asked, account)
    if not missing:
        return
    free = max(0, account.unreserved + account.own - UNRESERVED_FLOOR)
    raise UsageError(
        f"Stack '{stack}' asks for a reserved concurrency of {asked}, but of the account's "
        f"{account.limit} concurrent executions {free} can be reserved for it "
        f"({UNRESERVED_FLOOR} must stay unreserved): request a quota of at least "
        f"{account.limit + missing} with `aws service-quotas request-service-quota-increase "
        f"--service-code lambda --quota-code {_QUOTA} --desired-value {account.limit + missing}`"
        + (f", or lower order-processing:reservedConcurrency to {free}." if free else ".")
    )


def read(client: LambdaClient, function_name: str) -> Concurrency:
    """Ask Lambda; raises UsageError where AWS cannot be reached or refuses."""
    try:
        limit = client.get_account_settings()["AccountLimit"]
        own = _reservation(client, function_name)
    except (NoConnectionError, HTTPClientError):
        raise UsageError(
            f"AWS at {client.meta.endpoint_url} cannot be reached: "
            "check the network and AWS_ENDPOINT_URL, then deploy again."
        ) from None
    except (BotoCoreError, ClientError) as error:
        raise UsageError(
            f"AWS cannot be asked for the account's Lambda concurrency ({_flat(error)}): "
            "check the credentials, the region and the network, then deploy again."
        ) from None
    return Concurrency(limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"], own)


def _reservation(client: LambdaClient, function_name: str) -> int:
    try:
        answer = client.get_function_concurrency(FunctionName=function_name)
    except client.exceptions.ResourceNotFoundException:
        return 0
    return answer.get("ReservedConcurrentExecutions", 0)


def _flat(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
