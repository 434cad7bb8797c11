"""The report as Markdown, for a job summary or a pull-request comment."""

from collections.abc import Iterator, Mapping
from typing import Any

from reporting import fates
from reporting.amounts import count, seconds, share
from reporting.markdown import escape, table
from reporting.verdicts import EMOJI

from rehearsal.report import wording


def render(report: Mapping[str, Any]) -> str:
    """Return the summary of a `report.json`; text from the run cannot become markup."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {EMOJI[wording.tone(report)]} Release rehearsal: {escape(report['headline'])}"
    yield ""
    yield escape(report["why"])
    yield ""
    steps = (
        (EMOJI[s["status"]], s["name"], seconds(s["seconds"]), s["seen"]) for s in report["steps"]
    )
    yield from table(("", "step", "time", "what was seen"), steps)
    yield from table(("figure", "seen"), wording.figures(report))
    if report["events"]:
        counts = [(text, count(report["events"][key])) for key, text, _ in fates.ROWS]
        total = ("sent", count(report["events"]["sent"]))
        yield from table(("where every event ended", "events"), [*counts, total])
    if report["shifts"]:
        moves = (
            (seconds(m["second"]), wording.move(m["shares"]), share(m["before"]), share(m["after"]),
             wording.rise(m))
            for m in report["shifts"]["moves"]
        )  # fmt: skip
        heads = ("move at", "to", "throttled before", "after", "raised beyond the load's own")
        yield from table(heads, moves)
    if report["gate"]:
        alarms = ((a["name"], a["state"]) for a in report["gate"]["alarms"])
        yield from table(("alarm", "state"), alarms)
