"""Text for a terminal: tables and wrapped lines that fit it, from 80 columns on.

Words are never broken: an identifier stays one that can be copied.
"""

import re
import shutil
import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TextIO

from reporting.amounts import together

NARROWEST, USUAL, WIDEST = 60, 80, 120
_GAP, _INDENT = 2, 4


def width() -> int:
    """Return the columns to fill: the terminal's, between 60 and 120; 80 where there is none."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((USUAL, 24)).columns))


def wrapped(text: str, columns: int, indent: int = 0) -> list[str]:
    """Return the lines of a text; those after the first begin `indent` columns further right."""
    lines = textwrap.wrap(
        together(text), max(columns, indent + 1), subsequent_indent=" " * indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines] or [""]


def shown(text: str, stream: TextIO) -> str:
    """Return text as a stream shows it: a terminal gets lines that fit it, a file whole ones."""
    if not stream.isatty():
        return text
    columns = width()
    return "\n".join(
        part
        for line in text.splitlines()
        for part in ([line] if len(line) <= columns else wrapped(line, columns))
    )


def spaced(name: str) -> str:
    """Return a camelCase name as words."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f" {found[1].lower()}", name)


def pairs(rows: Iterable[tuple[str, str]], columns: int) -> Iterator[str]:
    """Yield names and texts in two columns; what is too long for its own has lines to itself."""
    found = list(rows)
    widest = max((len(name) for name, _ in found), default=0)
    # The texts keep most of the line, however long a name is.
    left = min(widest, max(columns // 3, columns - 45))
    for name, text in found:
        indent = left + _GAP
        if indent + _longest(text) > columns:
            indent = _INDENT
        if len(name) + _GAP > indent:
            yield name
            name = ""
        first, *more = wrapped(text, columns - indent)
        yield f"{name:<{indent}}{first}".rstrip()
        yield from (" " * indent + line for line in more)


def _longest(text: str) -> int:
    return max(map(len, re.split(r"[ \t\n]+", together(text))))


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    columns: int | None = None,
    right: Collection[int] = (),
) -> Iterator[str]:
    """Yield a table's lines, long cells wrapped; `right` are the columns of numbers, by place.

    A table that cannot fit is told row by row instead: a heading and its cell a line.
    """
    room = columns or width()
    cells = [list(row) for row in rows]
    widths = _widths([list(head), *cells], room)
    if widths is None:
        yield from _records(head, cells, room)
        return
    for row in [list(head), *cells]:
        yield from _row(row, widths, right)


def _row(row: Sequence[str], widths: Sequence[int], right: Collection[int]) -> Iterator[str]:
    texts = [wrapped(cell, wide) for cell, wide in zip(row, widths, strict=True)]
    for line in range(max(map(len, texts))):
        parts = [text[line] if line < len(text) else "" for text in texts]
        yield (
            (" " * _GAP)
            .join(
                part.rjust(wide) if at in right else part.ljust(wide)
                for at, (part, wide) in enumerate(zip(parts, widths, strict=True))
            )
            .rstrip()
        )


def _widths(rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """Return the columns' widths, the widest narrowed until all fit; None where they cannot."""
    by_column = list(zip(*rows, strict=True))
    widths = [max(map(len, column)) for column in by_column]
    least = [max(map(_longest, column)) for column in by_column]
    room -= _GAP * (len(widths) - 1)
    while sum(widths) > room:
        wide = [at for at, each in enumerate(widths) if each > least[at]]
        if not wide:
            return None
        widths[max(wide, key=widths.__getitem__)] -= 1
    return widths


def _records(head: Sequence[str], rows: Sequence[Sequence[str]], room: int) -> Iterator[str]:
    for at, row in enumerate(rows):
        if at:
            yield ""
        yield from pairs(zip(head, row, strict=True), room)
