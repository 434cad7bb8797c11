"""Reserved concurrency and the account's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.errors import AwsError
from emulator.lambda_.state import arns
from emulator.lambda_.state.code import MAXIMUM_UNZIPPED_BYTES, MAXIMUM_ZIPPED_BYTES

if TYPE_CHECKING:
    from emulator.lambda_.state.registry import Registry

MINIMUM_UNRESERVED = 100
"""What an account must keep unreserved (Lambda Developer Guide, "reserved concurrency")."""

TOTAL_CODE_BYTES = 80_530_636_800
"""75 GB, the quota on all uploaded code of a region (Lambda Developer Guide, "Lambda quotas")."""


def put(registry: Registry, name: str, reserved: int) -> None:
    """Reserve concurrency for all of a function's versions and aliases together.

    Zero is always accepted, since it takes nothing from the account. Raises `AwsError` where the
    account would keep less than `MINIMUM_UNRESERVED`, and changes nothing then.
    """
    function = registry.get(name, arns.LATEST)
    free = registry.unreserved_concurrency() + (function.reserved_concurrency or 0)
    if reserved > 0 and free - reserved < MINIMUM_UNRESERVED:
        raise AwsError(  # recorded without a Type
            "InvalidParameterValueException",
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{MINIMUM_UNRESERVED}].",
        )
    function.reserved_concurrency = reserved
    registry.notify(name)


def remove(registry: Registry, name: str) -> None:
    """Give the function's reservation back; none is no error."""
    function = registry.get(name, arns.LATEST)
    function.reserved_concurrency = None
    registry.notify(name)


def account_settings(registry: Registry) -> dict[str, dict[str, int]]:
    """The answer of GetAccountSettings."""
    code_bytes = sum(
        version.code_size
        for function in registry.functions.values()
        for version in (function.latest, *function.versions.values())
    )
    return {
        "AccountLimit": {
            "TotalCodeSize": TOTAL_CODE_BYTES,
            "CodeSizeUnzipped": MAXIMUM_UNZIPPED_BYTES,
            "CodeSizeZipped": MAXIMUM_ZIPPED_BYTES,
            "ConcurrentExecutions": registry.concurrency_limit,
            "UnreservedConcurrentExecutions": registry.unreserved_concurrency(),
        },
        "AccountUsage": {
            "TotalCodeSize": code_bytes,
            "FunctionCount": len(registry.functions),
        },
    }
