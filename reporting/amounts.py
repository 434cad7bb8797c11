"""How amounts are worded, alike in every report."""

NOT_MEASURED = "not measured"


def share(value: float | None) -> str:
    """Return a share (0..1) as a percentage."""
    return NOT_MEASURED if value is None else f"{value * 100:.1f} %"


def seconds(value: float | None) -> str:
    """Return a duration in seconds, finer where it is short."""
    if value is None:
        return NOT_MEASURED
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def milliseconds(value: float | None) -> str:
    """Return a duration in milliseconds, finer where it is short."""
    if value is None:
        return NOT_MEASURED
    return f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"


def count(value: int | None) -> str:
    """Return a whole number with thousands separated."""
    return NOT_MEASURED if value is None else f"{value:,}"


def byte_size(value: int) -> str:
    """Return a size in bytes, and in MB (10^6 bytes) where that reads better."""
    return f"{value:,} bytes" if value < 100_000 else f"{value:,} bytes ({value / 1e6:.1f} MB)"
