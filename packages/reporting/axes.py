"""The frame of a chart: its size, its two axes, and their ticks with labels that never touch."""

from collections.abc import Iterator, Sequence

from reporting import scales
from reporting.amounts import number
from reporting.labels import FONT, NARROW_FONT, text_width, thinned

WIDTH, HEIGHT = 560, 250
LEFT, RIGHT, TOP, BOTTOM = 62, WIDTH - 14, 28, HEIGHT - 32


def axes(x: scales.Scale, y: scales.Scale, unit: str, across: str, *, empty: bool) -> Iterator[str]:
    """Yield the axes with grid and labels; an empty chart says that nothing was measured.

    A label with the class `minor` has room on a wide page only; a tick whose label has none at
    all stays without.
    """
    yield f'<path class="axis" d="M{LEFT} {BOTTOM}H{RIGHT}"/>'
    if empty:
        middle = f'x="{(LEFT + RIGHT) // 2}" y="{(TOP + BOTTOM) // 2}"'
        yield f'<text class="none" {middle} text-anchor="middle">nothing was measured</text>'
        return
    yield from _down(y, share_sign(unit))
    yield from _across(x, across)


def share_sign(unit: str) -> str:
    """Return what stands at every value: the sign of a share; other units stand in the heading."""
    return unit if unit == "%" else ""


def tick_text(value: float, unit: str) -> str:
    """Return a tick's label: short, so that it has room beside the axis."""
    shown = value * 100 if unit == "%" else value
    if shown == 0 or 0.001 <= abs(shown) < 10_000:
        return number(value, unit)
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size <= abs(shown) < 1e12:
            return f"{shown / size:.3g}{letter} {unit}".rstrip()
    return f"{shown:.0e} {unit}".rstrip()


def place(value: float) -> str:
    """Return a coordinate."""
    return f"{value:.1f}"


def _down(y: scales.Scale, unit: str) -> Iterator[str]:
    values = y.ticks(5)
    places = [y(value) for value in values]
    wide, narrow = _rooms(places, [1.0] * len(values), _major(y, values))
    for at, value in enumerate(values):
        here = place(places[at])
        yield f'<path class="grid" d="M{LEFT} {here}H{RIGHT}"/>'
        if at in wide:
            yield (
                f'<text class="tick{"" if at in narrow else " minor"}" x="{LEFT - 7}" y="{here}"'
                f' dy=".35em" text-anchor="end">{tick_text(value, unit)}</text>'
            )


def _across(x: scales.Scale, unit: str) -> Iterator[str]:
    values = x.ticks(8)
    texts = [tick_text(value, unit) for value in values]
    places = [x(value) for value in values]
    sizes = [text_width(text, 1) for text in texts]
    wide, narrow = _rooms(places, sizes, _major(x, values))
    for at, text in enumerate(texts):
        yield f'<path class="axis" d="M{place(places[at])} {BOTTOM}v4"/>'
        if at in wide:
            yield (
                f'<text class="tick{"" if at in narrow else " minor"}" x="{place(places[at])}"'
                f' y="{BOTTOM + 20}" text-anchor="middle">{text}</text>'
            )


def _major(scale: scales.Scale, values: Sequence[float]) -> set[int]:
    """Return the places of the powers of ten on a logarithmic scale."""
    if not scale.log:
        return set()
    return {at for at, value in enumerate(values) if f"{value:e}".startswith("1.0000")}


def _rooms(
    places: Sequence[float], sizes: Sequence[float], major: set[int]
) -> tuple[set[int], set[int]]:
    """Return which labels have room on a wide page, and which of them on a narrow one too.

    `sizes` are the labels' extents along the axis, in font sizes.
    """

    def kept(of: Sequence[int], font: float) -> list[int]:
        reach = {at: font * sizes[at] / 2 for at in of}
        spans = [(places[at] - reach[at], places[at] + reach[at]) for at in of]
        chosen = thinned(spans, [number for number, at in enumerate(of) if at in major])
        return [of[number] for number in sorted(chosen)]

    wide = kept(range(len(places)), FONT)
    return set(wide), set(kept(wide, NARROW_FONT))
