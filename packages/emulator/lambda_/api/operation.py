"""What an operation's handler takes and gives, and how it reads the function's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.lambda_.state import arns, refusals

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emulator.lambda_.state.registry import Registry

Params: TypeAlias = dict[str, Any]
"""An operation's input: member names as in the service model, types and constraints checked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: `body` is `None` for an empty one, `status` `None` for the model's."""

    body: dict[str, object] | None = None
    status: int | None = None


Handler: TypeAlias = "Callable[[Registry, Params], Awaitable[Answer]]"


def qualified(registry: Registry, params: Params) -> arns.FunctionReference:
    """The function, version or alias that `FunctionName` and `Qualifier` name together."""
    reference = arns.parse(params["FunctionName"], params.get("Qualifier"))
    registry.home.require(reference)
    return reference


def unqualified(registry: Registry, params: Params) -> str:
    """The name of the function; refused where it carries a qualifier."""
    reference = qualified(registry, params)
    if reference.qualifier:
        raise refusals.invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not "
            "support this operation. Please specify either a function name or an unqualified "
            "function ARN."
        )
    return reference.name
