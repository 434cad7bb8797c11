"""The report as Markdown, for a job summary or a pull-request comment."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.report import words

SIGNS = {"pass": "✅", "fail": "❌", "inconclusive": "❔", "skipped": "➖"}


def render(report: Mapping[str, Any]) -> str:
    """Return the summary of a `report.json`; text from the run cannot become markup."""
    return "\n".join(_lines(report)) + "\n"


def summarise(report: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> bool:
    """Append the summary to GitHub's job summary; False where there is none, as on a desk.

    The runner names the file in GITHUB_STEP_SUMMARY
    (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands).

    Raises:
        OSError: the file cannot be written.
    """
    place = environment.get("GITHUB_STEP_SUMMARY")
    if not place:
        return False
    with Path(place).open("a", encoding="utf-8") as file:
        file.write(render(report))
    return True


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    verdict = report["verdict"]
    yield f"## {SIGNS[verdict]} Release rehearsal: {verdict}"
    yield ""
    yield escape(report["why"])
    yield ""
    steps = (
        (SIGNS[s["status"]], s["name"], words.seconds(s["seconds"]), s["seen"])
        for s in report["steps"]
    )
    yield from _table(("", "step", "time", "what was seen"), steps)
    yield from _table(("figure", "seen"), words.figures(report))
    if report["orders"]:
        counts = [(text, words.count(report["orders"][key])) for key, text, _ in words.ORDER_ROWS]
        total = ("sent", words.count(report["orders"]["sent"]))
        yield from _table(("where every order ended", "orders"), [*counts, total])
    if report["gate"]:
        alarms = ((a["name"], a["state"], a["reason"]) for a in report["gate"]["alarms"])
        yield from _table(("alarm", "state", "reason"), alarms)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#|~&!])", r"\\\1", " ".join(text.split()))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(escape(cell) for cell in row)} |"
    yield ""
