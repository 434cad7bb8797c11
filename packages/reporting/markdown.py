"""Markdown for a job summary or a pull-request comment."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#|~&!])", r"\\\1", " ".join(text.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table, and an empty one after it; cells are shown as they are."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(escape(cell) for cell in row)} |"
    yield ""


def summarise(text: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Append Markdown to GitHub's job summary; False where there is none, as on a desk.

    The runner names the file in GITHUB_STEP_SUMMARY
    (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands).

    Raises:
        OSError: the file cannot be written.
    """
    place = environment.get("GITHUB_STEP_SUMMARY")
    if not place:
        return False
    with Path(place).open("a", encoding="utf-8") as file:
        file.write(text)
    return True
