"""What every service shares names none of them, and not what the first one is about."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from console.checkout import ROOT

SHARED = ("packages", "infra", "bench", "noxfile.py")
"""Where a service is named by its declaration alone; tests may name one that they try."""
NAMED = re.compile(
    r"order[ _-]?process|(?<![a-z])orders(?![a-z])|order_?id"
    r"|\b(an|per|each|every|new|warm) order(?! (of|in|statistic)\b|s)",
    re.IGNORECASE,
)
"""The first service's name, and an order as what somebody buys."""
LEFT_OUT = re.compile(r"(^|/)(tests|node_modules|__pycache__|\.[^/]+)/|\.(md|json)$")
ALLOWED = {
    "Pulumi.yaml": "the project's name is part of every resource's address in the state",
    "infra/stacks/*": "their keys begin with the project's name",
    "infra/bootstrap/stacks/*": "their keys begin with the project's name",
    "infra/stack_file.py": "the project's name",
    "infra/bootstrap/Pulumi.yaml": "the project's name",
    "infra/bootstrap/settings.py": "the project's name",
    "infra/bootstrap/stack_roles.py": "the type is part of the address in the state",
    "infra/bootstrap/state_bucket.py": "the type is part of the address in the state",
    "infra/tags.py": "the values of the tags that every resource has",
    "packages/load/model/day_profile.py": "a data set of orders, published by others",
    "packages/rehearsal/faults/cli.py": "--orders is the former name of --events",
    "bench/handler/*": "it compares one handler, the order processor's, with others",
    "bench/load/clients.py": "it sends an event of that handler's",
    "bench/load/reconciliation.py": "it reconciles that handler's events",
    "bench/load/stub.py": "it answers like that handler",
    "noxfile.py": "it runs the tests of the handler and of its zip on each Python",
}
"""Files that name it, and why they must."""


def named() -> dict[str, list[str]]:
    """Return the lines that name the first service, by file."""
    found = {}
    for path in sorted(
        each for part in SHARED for each in (ROOT / part, *(ROOT / part).rglob("*"))
    ):
        file = path.relative_to(ROOT).as_posix()
        if not path.is_file() or LEFT_OUT.search(file):
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if naming := [line.strip() for line in lines if NAMED.search(line)]:
            found[file] = naming
    return found


def test_what_is_shared_names_no_service() -> None:
    """But for the files that must."""
    unexpected = {
        file: lines
        for file, lines in named().items()
        if not any(fnmatchcase(file, allowed) for allowed in ALLOWED)
    }
    assert unexpected == {}


@pytest.mark.parametrize("allowed", sorted(set(ALLOWED) - {"Pulumi.yaml"}))
def test_each_exception_is_needed(allowed: str) -> None:
    """One that nothing needs any longer would let a name in again."""
    assert [file for file in named() if fnmatchcase(file, allowed)]


@pytest.mark.parametrize(
    ("line", "is_naming"),
    [
        ('load("order_processor")', True),
        ("order-processing-dev", True),
        ('event["orderId"]', True),
        ("The orders of a customer", True),
        ("It answers an order", True),
        ("Their order is the program's", False),
        ("in an order of its own", False),
        ("reordered, borders, recorder", False),
    ],
)
def test_what_counts_as_naming(line: str, is_naming: bool) -> None:
    """A sequence is no order."""
    assert bool(NAMED.search(line)) is is_naming
