"""How numbers, units and digests are written: alike on every page, in Markdown and on a terminal.

Nothing but the standard library, so that every part can use it whatever it is installed with.
"""

import base64
import binascii
import re
from datetime import UTC, datetime

NOT_MEASURED = "not measured"
DIGEST_LENGTH = 12
"""Hexadecimal digits that name a digest or a commit where it is shown to be compared, not copied:
48 bits, so two of a thousand agree by chance once in 10^8."""

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|s|ms|MB|GB|events/s|points|samples)(?:\W|$))")


def share(value: float | None) -> str:
    """Return a share (0..1) as a percentage, finer where it is small."""
    if value is None:
        return NOT_MEASURED
    percent = value * 100
    if 0 < abs(percent) < 0.01:
        return "< 0.01 %" if percent > 0 else "> -0.01 %"
    return f"{percent:.2f} %" if 0 < abs(percent) < 1 else f"{percent:.1f} %"


def weight(value: float) -> str:
    """Return a share (0..1) that somebody chose, without digits that nobody gave: `25 %`."""
    return f"{value * 100:.4g} %"


def interval(low: float | None, high: float | None) -> str:
    """Return the bounds of a share (0..1)."""
    if low is None or high is None:
        return NOT_MEASURED
    return f"{share(low).removesuffix(' %')} to {share(high)}"


def signed(value: float | None) -> str:
    """Return a difference of shares in percentage points, without the word: `+0.3`."""
    if value is None:
        return NOT_MEASURED
    text = f"{value * 100:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def points(value: float | None) -> str:
    """Return a difference of shares in percentage points."""
    return NOT_MEASURED if value is None else f"{signed(value)} points"


def seconds(value: float | None) -> str:
    """Return a duration in seconds, finer where it is short."""
    if value is None:
        return NOT_MEASURED
    if value < 1:
        return f"{value:.2f} s"
    return f"{value:.1f} s" if value < 99.95 else f"{value:,.0f} s"


def milliseconds(value: float | None) -> str:
    """Return a duration in milliseconds, finer where it is short."""
    if value is None:
        return NOT_MEASURED
    if 0 < value < 1:
        return f"{value:.2f} ms"
    return f"{value:.1f} ms" if value < 99.95 else f"{value:,.0f} ms"


def count(value: float | None) -> str:
    """Return a whole number with thousands separated."""
    return NOT_MEASURED if value is None else f"{value:,.0f}"


def number(value: float, unit: str = "") -> str:
    """Return a value with at most three digits after the point; the unit `%` is for shares."""
    if unit == "%":
        return weight(value)
    if abs(value) >= 1_000_000 or 0 < abs(value) < 0.001:
        text = f"{value:.3g}"
    else:
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, 3):g}"
    return f"{text} {unit}".rstrip()


def rate(value: float) -> str:
    """Return events per second."""
    return f"{number(round(value, 1))} events/s"


def ratio(value: float | None) -> str:
    """Return how many times as much something is."""
    return NOT_MEASURED if value is None else f"× {value:.2f}"


def together(text: str) -> str:
    """Return a text in which no line may end between a number and its unit."""
    return _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", text)


def byte_size(value: int) -> str:
    """Return a size in bytes, and in MB (10^6 bytes) where that reads better."""
    return f"{value:,} bytes" if value < 100_000 else f"{value:,} bytes ({megabytes(value)})"


def megabytes(value: float) -> str:
    """Return a size in MB (10^6 bytes), or in GB."""
    return f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{value / 1e6:.1f} MB"


def dollars(value: float) -> str:
    """Return an amount of US dollars."""
    return f"${value:,.2f}"


def moment(value: str | float) -> str:
    """Return a time, RFC 3339 or in seconds since the epoch, as `2030-01-02 03:04:05 UTC`."""
    found = (
        datetime.fromtimestamp(value, UTC)
        if isinstance(value, int | float)
        else datetime.fromisoformat(value).astimezone(UTC)
    )
    return f"{found:%Y-%m-%d %H:%M:%S} UTC"


def digest(text: str | None) -> str:
    """Return a SHA-256 (hex, or base64 as Lambda gives it) or a git commit to be compared by eye.

    Whatever it came as, it is hexadecimal, as `sha256sum` and git print it, and cut to
    `DIGEST_LENGTH`. What somebody has to copy is `whole`.
    """
    return whole(text)[:DIGEST_LENGTH] if text else "unknown"


def whole(text: str) -> str:
    """Return a digest in full, in hexadecimal; what is no base64 of a SHA-256 stays as it is."""
    if re.fullmatch(r"[A-Za-z0-9+/]{43}=", text) is None:
        return text
    try:
        return base64.b64decode(text, validate=True).hex()
    except binascii.Error:
        return text
