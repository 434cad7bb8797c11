"""The verdict table as plain text, for a terminal of any width and any character set."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rehearsal.report import words
from reporting.amounts import seconds

STATUS = {"pass": "ok", "fail": "FAIL", "skipped": "skipped"}


def render(report: Mapping[str, Any], width: int = 100) -> str:
    """Return the table of a `report.json`; text is wrapped at `width` characters."""
    sections = [
        _steps(report["steps"], width),
        list(_figures(report, width)),
        _verdict(report, width),
    ]
    rule = "-" * width
    return "\n".join(line for section in sections if section for line in (rule, *section)) + "\n"


def _steps(steps: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    names = max([4, *(len(step["name"]) for step in steps)])
    lines = [f"{'step':<{names}}  {'status':<7}  {'time':>7}  what was seen"]
    start = names + 20
    for step in steps:
        head = f"{step['name']:<{names}}  {STATUS[step['status']]:<7}  "
        head += f"{seconds(step['seconds']):>7}  "
        seen = textwrap.wrap(step["seen"], max(20, width - start)) or [""]
        lines.append((head + seen[0]).rstrip())
        lines += [" " * start + more for more in seen[1:]]
    return lines


def _figures(report: Mapping[str, Any], width: int) -> Iterator[str]:
    indent = " " * 11
    for name, text in words.figures(report):
        yield from textwrap.wrap(f"{name:<10} {text}", width, subsequent_indent=indent)


def _verdict(report: Mapping[str, Any], width: int) -> list[str]:
    return textwrap.wrap(f"{words.VERDICTS[report['verdict']]}: {report['why']}", width)
