"""What a judged run leaves for people: report.html, report.md, its record and its comparison."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.checkout import ROOT
from console.errors import UsageError
from reporting.markdown import summarise

from load.report import markdown, page
from load.report.baseline import compare, store
from load.report.baseline.record import RECORD, made, record
from load.report.spread import spread
from load.run_log import log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Wishes:
    """What else is to be done with a run: kept and compared in `baselines` unless it is None.

    A time longer by more than `ratio` counts as worse; `job_summary` adds the report to GitHub's.
    """

    baselines: Path | None = None
    ratio: float = compare.RATIO
    job_summary: bool = False


def leave(
    directory: Path, summary: Mapping[str, Any], deployed: Mapping[str, Any], wishes: Wishes
) -> dict[str, Any] | None:
    """Write the files of the run in `directory`, keep it if it passed, and return the comparison.

    Raises UsageError when something cannot be written.
    """
    known = record(summary, deployed, made(ROOT))
    comparison = None
    if wishes.baselines is not None:
        earlier = store.before(wishes.baselines, known)
        comparison = compare.compare(known, earlier, wishes.ratio)
        store.keep(wishes.baselines, known)
    spreads = spread(log.attempts(directory))
    text = markdown.render(summary, spreads, known, comparison)
    files = {
        RECORD: json.dumps(known, indent=1) + "\n",
        "comparison.json": json.dumps(comparison, indent=1) + "\n",
        "report.html": page.render(summary, spreads, known, comparison),
        "report.md": text,
    }
    try:
        for name, content in files.items():
            (directory / name).write_text(content, encoding="utf-8")
        if wishes.job_summary:
            summarise(text)
    except OSError as error:
        raise UsageError(f"The report cannot be written: {error}.") from error
    return comparison
