"""What two AWS hold otherwise, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Held = Mapping[str, Mapping[str, Any]]
    """Arguments by resource."""


def differences(ours: Held, real: Held) -> list[str]:
    """Name each resource and argument that the AWS of our engine and of Pulumi's hold otherwise."""
    found = []
    for name in sorted({*ours, *real}):
        if name not in ours or name not in real:
            found.append(f"{name}: only {'Pulumi' if name in real else 'ours'} left it")
            continue
        one, other = ours[name], real[name]
        found += [
            f"{name}.{key}: ours {one.get(key)!r}, Pulumi's {other.get(key)!r}"
            for key in sorted({*one, *other})
            if one.get(key) != other.get(key)
        ]
    return found
