"""The outcome as plain text, for a terminal from 80 columns on and any character set."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reporting import terminal
from reporting.amounts import seconds
from reporting.verdicts import STATUS

from rehearsal.report import wording


def render(report: Mapping[str, Any], width: int | None = None) -> str:
    """Return a `report.json` as text of `width` columns, or as wide as the terminal.

    What came of it and why stand above the steps; the headline once more at the end, where a
    person looks when all has scrolled by.
    """
    columns = width or terminal.width()
    said = terminal.wrapped(report["headline"], columns)
    sections = [
        [*said, *terminal.wrapped(report["why"], columns)],
        list(_steps(report["steps"], columns)),
        list(terminal.pairs(wording.figures(report), columns)),
        said,
    ]
    rule = "-" * columns
    return "\n".join(line for section in sections for line in (rule, *section)) + "\n"


def _steps(steps: Sequence[Mapping[str, Any]], columns: int) -> Iterator[str]:
    rows = [
        (step["name"], STATUS[step["status"]], seconds(step["seconds"]), step["seen"])
        for step in steps
    ]
    yield from terminal.table(("step", "status", "time", "what was seen"), rows, columns, {2})
