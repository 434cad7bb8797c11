"""The chart of concurrency against its limit, the same on every page of a load."""

from reporting.charts import Chart, Limit, Line, Points

NOTE = (
    "The most executions at once of each metric period; busy on average is the rate of attempts "
    "let in times the run's mean duration of an execution (Little's law)."
)


def chart(most: Points, let_in: Points, slot_seconds: float | None, reserved: int | None) -> Chart:
    """Return it of the most at once, and of the events per second that were not refused."""
    held = list(most)
    if len(held) > 1:
        # The last period holds as long as the one before it.
        held.append((2 * held[-1][0] - held[-2][0], held[-1][1]))
    lines = [Line("most at once", held, "served", "step")]
    if slot_seconds and let_in:
        top = float("inf") if reserved is None else reserved
        busy = [(at, min(top, rate * slot_seconds)) for at, rate in let_in]
        lines.append(Line("busy on average", busy, "second", "area"))
    limits = () if reserved is None else (Limit(f"reserved {reserved}", float(reserved)),)
    title = "Concurrency against its limit"
    return Chart("concurrency", title, "executions", lines, limits=limits)
