"""What a build does to the libraries so that the function starts sooner, and can be told to skip.

Each works without the others, and the function without all of them. docs/adr/0008-cold-start.md has
what each saves; `nox -s bench_handler` measures it.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Final

LEVERS: Final = {
    "patterns": "regular expressions come compiled",
    "substitutes": "[artifact] substitutes of service.toml, and parts, which the originals import",
    "parts": "[artifact] without of service.toml",
    "calls": "[calls] of service.toml",
}
"""By name, what each is. Bytecode is none: it changes no library."""

ALL: Final = frozenset(LEVERS)


def read(text: str) -> frozenset[str]:
    """Read names separated by commas: the type of an argument."""
    names = frozenset(text.split(","))
    if unknown := names - ALL:
        known = ", ".join(LEVERS)
        raise ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}: choose from {known}")
    return names
