"""How the function of a stack is called, for whoever has one name and needs the other."""

from __future__ import annotations

_FUNCTION = "order-processing-"


def function_of(stack: str) -> str:
    """The function's name."""
    return f"{_FUNCTION}{stack}"


def stack_of(function: str) -> str:
    """The stack's name; `STACK`, for a person to fill in, where the function is called otherwise.

    A test's function may be.
    """
    return function.removeprefix(_FUNCTION) if function.startswith(_FUNCTION) else "STACK"
