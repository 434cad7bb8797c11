"""The table of behaviours as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.tests.fidelity.outcomes import HELD, NOT_RUN
from emulator.tests.peers import counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from emulator.tests.fidelity.catalogue import Behaviour, Section

TIME_SCALE = 300
"""What the tests' emulator divides waiting by (`packages/emulator/tests/running.py`)."""

_HEAD = """# What the emulator holds of AWS

Written by `nox -s fidelity` from `packages/emulator/tests/fidelity/catalogue.toml` and the tests in
`packages/emulator/tests/` that name its rows; do not edit it. The tests call the emulator through
boto3, which validates requests and answers by AWS's own service models, and for a sample through
the AWS CLI. The run divided what AWS makes one wait by {scale}; a function's own time is never
divided.

{in_scope} behaviours in scope: {held} held, {red} not. {out} out of scope, at the end with their
reasons. Operations and parameters of Lambda and CloudWatch that are not emulated answer with an
error that names them (`lambda_/api/test_requests.py::test_what_is_not_emulated_says_so_by_name`,
`cloudwatch/wire/test_wire.py::test_missing_operations_are_named`).

All rows were read against their tests in November 2026. The tests of 28 rows exercised less than
the row says (25), or AWS, as recorded, does not do what it said (V6, V21, W4); rows and tests were
mended.

The tests of other emulators, run against this one by `nox -s peer_suites`, ended as follows when
they were last run whole. LocalStack's compare every answer with a recording of AWS's own.

| Tests | Commit | Passed | Out of scope | Failed |
|---|---|---|---|---|
{peers}

What is out of scope, and what fails and why, stands in `packages/emulator/tests/peers/`.
"""


def render(
    sections: Sequence[Section], tests: Mapping[str, Sequence[str]], status: Mapping[str, str]
) -> str:
    """The page: a table for each section, then what is out of scope."""
    rows = [row for section in sections for row in section.behaviours]
    inside = [row for row in rows if not row.out]
    held = sum(status.get(row.id) == HELD for row in inside)
    head = _HEAD.format(
        scale=TIME_SCALE,
        in_scope=len(inside),
        held=held,
        red=len(inside) - held,
        out=len(rows) - len(inside),
        peers="\n".join(
            _line((name, each.commit, *map(str, (each.passed, each.out_of_scope, each.failed))))
            for name, each in counts.load().items()
        ),
    )
    parts = [head, *(_section(section, tests, status) for section in sections), _outside(rows)]
    return "\n".join(parts)


def _section(
    section: Section, tests: Mapping[str, Sequence[str]], status: Mapping[str, str]
) -> str:
    lines = [f"## {section.title}", ""]
    lines += ["| | Behaviour | Source | Test | Status |", "|---|---|---|---|---|"]
    for row in section.behaviours:
        if not row.out:
            named = "<br>".join(f"`{test}`" for test in tests.get(row.id, ()))
            found = status.get(row.id, NOT_RUN)
            cells = (row.id, row.text, _sources(row), named, found)
            lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def _outside(rows: Sequence[Behaviour]) -> str:
    lines = ["## Out of scope", "", "| | Behaviour | Source | Why |", "|---|---|---|---|"]
    lines += [_line((row.id, row.text, _sources(row), row.out)) for row in rows if row.out]
    return "\n".join(lines) + "\n"


def _sources(row: Behaviour) -> str:
    return "; ".join(row.sources)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
