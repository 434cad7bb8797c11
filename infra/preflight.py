"""Whether the account can give what a stack asks for: concurrency, code storage.

Asked before any change; a refusal is one sentence with the very request that mends it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from cloud.refusals import translated
from console.errors import UsageError
from reporting.amounts import megabytes
from service.names import ALIAS

from infra.stack_file import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from types_boto3_lambda import LambdaClient

UNRESERVED_FLOOR = 100
"""Executions that must stay unreserved (Lambda Developer Guide, reserved concurrency)."""
CONCURRENCY_QUOTA = "L-B99A9384"
"""Service Quotas' code of Lambda's `Concurrent executions`."""
STORAGE_QUOTA = "L-2ACBD22F"
"""Service Quotas' code of Lambda's `Function and layer storage`, counted in gigabytes."""
_GIGABYTE = 1024**3


_ASKING = "asking for the account's Lambda concurrency"
_QUICK = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3})


def connect(region: str) -> LambdaClient:
    """Make a client that gives up soon, for a preflight must not hang; raises UsageError."""
    with translated(_ASKING, UsageError):
        return boto3.client("lambda", region_name=region, config=_QUICK)


@dataclass(frozen=True, slots=True)
class Account:
    """An account's limits in one region: concurrent executions, and bytes of stored code."""

    limit: int
    unreserved: int
    code_limit: int
    code_used: int


@dataclass(frozen=True, slots=True)
class Concurrency:
    """An account's concurrent executions in one region, and the stack's own share of them."""

    limit: int
    unreserved: int
    own: int
    """What its functions hold already: 0 before their first deployment."""


def shortage(asked: int, account: Concurrency) -> int:
    """How many executions the account lacks for a reservation of `asked`; 0 where it suffices."""
    return max(0, asked - (account.unreserved + account.own - UNRESERVED_FLOOR))


def check(stack: str, asked: Mapping[str, int], account: Concurrency) -> None:
    """Raise UsageError where what its services reserve would not leave the account its floor.

    `asked` has the reserved executions of each service by its name.
    """
    wanted = sum(asked.values())
    missing = shortage(wanted, account)
    if not missing:
        return
    free = max(0, account.unreserved + account.own - UNRESERVED_FLOOR)
    raise UsageError(
        f"Stack '{stack}' asks for a reserved concurrency of {wanted}{_parts(asked)}, but of the "
        f"account's "
        f"{account.limit} concurrent executions {free} can be reserved for it "
        f"({UNRESERVED_FLOOR} must stay unreserved): request a quota of at least "
        f"{account.limit + missing} with "
        f"`{quota_request(CONCURRENCY_QUOTA, account.limit + missing)}`"
        + (f", or lower {PROJECT}:reservedConcurrency to {free // len(asked)}." if free else ".")
    )


def _parts(asked: Mapping[str, int]) -> str:
    if len(asked) == 1:
        return ""
    return f" ({', '.join(f'{name} {count}' for name, count in asked.items())})"


def check_alias(client: LambdaClient, stack: str, function_name: str) -> None:
    """Raise UsageError where a stack that was released has lost its alias.

    Pulumi would recreate it at the newest version, which no gate has judged. Other aliases, the
    ledger's entries, tell that from a first deployment.
    """
    with translated(_ASKING, UsageError):
        try:
            client.get_alias(FunctionName=function_name, Name=ALIAS)
        except client.exceptions.ResourceNotFoundException:
            others = _aliases(client, function_name)
        else:
            return
    if others:
        raise UsageError(
            f"The alias {function_name}:{ALIAS} is gone, and this deployment would recreate it at "
            f"a version that no gate has judged: bring it back with `nox -s rollback -- {stack}`, "
            "then deploy again."
        )


def check_storage(size: int, account: Account) -> None:
    """Raise UsageError where `size` bytes more of code do not fit: every version keeps its own."""
    missing = account.code_used + size - account.code_limit
    if missing <= 0:
        return
    wanted = math.ceil((account.code_limit + missing) / _GIGABYTE)
    raise UsageError(
        f"The account's code storage lacks {megabytes(missing)} for what is deployed "
        f"({megabytes(account.code_used)} of {megabytes(account.code_limit)} are used): delete "
        f"old versions with `nox -s prune -- STACK`, or request more with "
        f"`{quota_request(STORAGE_QUOTA, wanted)}`."
    )


def quota_request(code: str, wanted: int, region: str | None = None) -> str:
    """The command that asks AWS for more."""
    return (
        "aws service-quotas request-service-quota-increase --service-code lambda "
        f"--quota-code {code} --desired-value {wanted}" + (f" --region {region}" if region else "")
    )


def read_account(client: LambdaClient) -> Account:
    """Ask Lambda; raises UsageError where AWS cannot be reached or refuses."""
    with translated(_ASKING, UsageError):
        answer = client.get_account_settings()
    limit, usage = answer["AccountLimit"], answer["AccountUsage"]
    return Account(
        limit["ConcurrentExecutions"],
        limit["UnreservedConcurrentExecutions"],
        limit["TotalCodeSize"],
        usage["TotalCodeSize"],
    )


def read(client: LambdaClient, functions: Sequence[str]) -> Concurrency:
    """Ask Lambda; raises UsageError where AWS cannot be reached or refuses."""
    with translated(_ASKING, UsageError):
        limit = client.get_account_settings()["AccountLimit"]
        own = sum(_reservation(client, function) for function in functions)
    return Concurrency(limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"], own)


def _reservation(client: LambdaClient, function_name: str) -> int:
    try:
        answer = client.get_function_concurrency(FunctionName=function_name)
    except client.exceptions.ResourceNotFoundException:
        return 0
    return answer.get("ReservedConcurrentExecutions", 0)


def _aliases(client: LambdaClient, function_name: str) -> bool:
    try:
        return bool(client.list_aliases(FunctionName=function_name)["Aliases"])
    except client.exceptions.ResourceNotFoundException:
        return False
