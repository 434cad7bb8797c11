"""Where text has room: how wide it is taken to be, and which labels of an axis to leave out."""

from collections.abc import Collection, Sequence
from itertools import pairwise

# Sizes (px of the drawing) of the base style sheet: wide pages, and figures narrower than 460 px.
FONT, NARROW_FONT = 12, 16
# Width of a digit by the font's size, of the widest of the fonts that a page may get.
_GLYPH = 0.64
_GAP = 6.0


def text_width(text: str, font: float = FONT) -> float:
    """Return how wide a text is at most, in px of the drawing."""
    return len(text) * _GLYPH * font


def thinned(
    spans: Sequence[tuple[float, float]], major: Collection[int] = (), gap: float = _GAP
) -> set[int]:
    """Return the places of the spans (start, end) to keep, so that none touches another.

    Where not all have room, every n-th of the `major` ones is kept, for the smallest n that leaves
    them apart (of all, where none is major): what is left stays regular.
    """
    ordered = sorted(range(len(spans)), key=lambda at: spans[at])
    if _apart([spans[at] for at in ordered], gap):
        return set(ordered)
    ordered = [at for at in ordered if at in major] or ordered
    for step in range(1, len(spans) + 1):
        kept = ordered[::step]
        if _apart([spans[at] for at in kept], gap):
            return set(kept)
    return set()


def _apart(spans: Sequence[tuple[float, float]], gap: float) -> bool:
    return all(one[1] + gap <= other[0] for one, other in pairwise(spans))


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Return places near those that are wanted, in their order, `apart` within [low, high].

    Where there is no room for all of them they share what there is.
    """
    if len(wanted) > 1:
        apart = min(apart, (high - low) / (len(wanted) - 1))
    order = sorted(range(len(wanted)), key=lambda at: wanted[at])
    places, least = dict.fromkeys(order, low), low
    for behind, at in zip(range(len(order) - 1, -1, -1), order, strict=True):
        places[at] = min(max(wanted[at], least), high - apart * behind)
        least = places[at] + apart
    return [places[at] for at in range(len(wanted))]
