"""What a step writes into GITHUB_OUTPUT, GITHUB_ENV and GITHUB_PATH.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DELIMITED = re.compile(r"([^=\s<]+)<<(\S+)")


class FileCommandError(Exception):
    """A line that GitHub would refuse, which fails the step."""


def pairs(text: str) -> dict[str, str]:
    """`NAME=value` lines, and values of several lines between `NAME<<END` and `END`."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        delimited = _DELIMITED.fullmatch(line)
        if delimited:
            found[delimited[1]] = _until(delimited[2], lines)
        elif "=" in line:
            name, _, value = line.partition("=")
            found[name] = value
        elif line.strip():
            raise FileCommandError(f"Invalid format '{line}'")
    return found


def paths(text: str) -> list[str]:
    """Directories for PATH, the last one first."""
    return [line for line in reversed(text.splitlines()) if line.strip()]


def _until(end: str, lines: Iterator[str]) -> str:
    value: list[str] = []
    for line in lines:
        if line == end:
            return "\n".join(value)
        value.append(line)
    raise FileCommandError(f"Matching delimiter not found '{end}'")
