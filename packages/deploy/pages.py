"""What a preview or a comparison found, as a page for a pull request and the job's summary."""

from __future__ import annotations

import json
import os
from collections import Counter
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi.runtime.rpc import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reporting.changes import Change


_LONGEST = 100


def render(title: str, remarks: Sequence[str], changes: Sequence[Change], unchanged: int) -> str:
    """Return the page: remarks, a row per change, and how many of each kind."""
    lines = [f"### {title}", ""]
    for remark in remarks:
        lines += [remark, ""]
    if changes:
        lines += ["| | Resource | What changes |", "|---|---|---|"]
        lines += [f"| {c.operation} | {c.resource} | {_what(c)} |" for c in changes]
        lines.append("")
    counts = Counter(change.operation for change in changes)
    said = [f"{count} to {operation}" for operation, count in sorted(counts.items())]
    return "\n".join([*lines, f"{', '.join([*said, f'{unchanged} unchanged'])}.", ""])


def failure(title: str, words: str) -> str:
    """Return the page of what could not be done, in the words of whoever refused."""
    return f"### {title}\n\n```text\n{words}\n```\n"


def _what(change: Change) -> str:
    return "; ".join(
        f"`{key}`: {_short(before, after)} → {_short(after, before)}"
        for key, (before, after) in change.properties.items()
    )


def _short(value: Any, other: Any) -> str:
    """The value, from a little before where it begins to differ from the other."""
    text, against = _text(value), _text(other)
    pairs = enumerate(zip_longest(text, against))
    start = max(0, next((at for at, (one, two) in pairs if one != two), 0) - 20)
    if len(text) <= _LONGEST:
        start = 0
    end = "…" if len(text) > start + _LONGEST else ""
    cut = f"{'…' if start else ''}{text[start : start + _LONGEST]}{end}"
    return f"`{cut.replace('|', chr(92) + '|').replace('`', chr(39))}`"


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text.replace(UNKNOWN, "(not known yet)")


def summarise(text: str) -> None:
    """Add it to the job's summary on GitHub, nothing elsewhere."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
