"""Text for a terminal: tables and wrapped lines that fit it, from 80 columns on.

Words are never broken: an identifier stays one that can be copied.
"""

import shutil
import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence

NARROWEST, WIDEST = 80, 120
_GAP = 2


def width() -> int:
    """Return the columns to fill: the terminal's, between 80 and 120; 80 where there is none."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((NARROWEST, 24)).columns))


def wrapped(text: str, columns: int, indent: int = 0) -> list[str]:
    """Return the lines of a text; those after the first begin `indent` columns further right."""
    return textwrap.wrap(
        text, max(columns, indent + 1), subsequent_indent=" " * indent,
        break_long_words=False, break_on_hyphens=False,
    ) or [""]  # fmt: skip


def pairs(rows: Iterable[tuple[str, str]], columns: int) -> Iterator[str]:
    """Yield names and texts in two columns; a name too long for its column has its own line."""
    found = list(rows)
    widest = max((len(name) for name, _ in found), default=0)
    # A third for the names where they are long, so that the texts keep most of the line.
    left = min(widest, max(columns // 3, min(widest, columns - 45)))
    for name, text in found:
        first, *more = wrapped(text, columns - left - _GAP)
        if len(name) > left:
            yield name
            name = ""
        yield f"{name:<{left}}  {first}".rstrip()
        yield from (" " * (left + _GAP) + line for line in more)


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
    least = [max(len(word) for cell in column for word in cell.split() or [""])
             for column in by_column]  # fmt: skip
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
