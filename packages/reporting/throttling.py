"""Why a load test has refused events: it is meant to have, and how many was predicted."""

from reporting.amounts import interval, milliseconds, number, rate, share


def meant(
    predicted: float | None,
    bounds: tuple[float, float] | None,
    *,
    peak_rate: float | None,
    concurrency: int,
    slot_seconds: float | None,
) -> str:
    """Say why throttling is no fault of the run, in two sentences; "" where nothing predicts it.

    `predicted` and `bounds` are shares (0..1), `peak_rate` is events per second.
    """
    if not predicted or not slot_seconds:
        return ""
    between = f" ({interval(*bounds)})" if bounds else ""
    asks = ""
    if peak_rate:
        asks = (
            f": the peak's {rate(peak_rate)} of {milliseconds(slot_seconds * 1000)} each ask for "
            f"{number(round(peak_rate * slot_seconds, 1))} executions on average where "
            f"{concurrency} are reserved, and they come in bursts"
        )
    return (
        f"Throttling is intended{asks}. Erlang-B predicts that {share(predicted)}{between} of "
        "the attempts are refused. A refused caller gets an error, so no event is lost."
    )
