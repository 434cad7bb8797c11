"""What theory predicts of a run's throttles, and how far the measured ones are from it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from load.model import erlang
from load.model.arrivals import peak_end, rate_per_bin
from load.model.quantiles import Z95
from load.report import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from load.model.retries import Retries
    from load.report.figures import Tally
    from load.report.telemetry import SlotTime
    from load.run_log.log import Run

_WIDTH: Final = 0.1
_WINDOW: Final = 3
_MARGIN: Final = 0.05


class Prediction:
    """The throttle share by second for one slot time; the overall and the stages' from it.

    All arrivals offer load; only synchronous attempts are refused to the caller, and they alone are
    counted.
    """

    def __init__(self, run: Run, counted: Tally, retries: Retries, slot_seconds: float) -> None:
        retried = counted.asynchronous_share
        rates = rate_per_bin(run.stages)
        slot_seconds = max(0.0, slot_seconds)
        if retries.tries == 1:
            shares = erlang.predicted_shares(rates, slot_seconds, run.concurrency, retried)
            self.seconds, self.weights = shares, rates
            return
        fine = rate_per_bin(run.stages, _WIDTH)
        waits = [retries.wait(tried, 0.5) for tried in range(1, retries.tries)]
        tried = erlang.predicted_tries(fine, _WIDTH, slot_seconds, run.concurrency, retried, waits)
        per = round(1 / _WIDTH)
        seconds = [tried[at : at + per] for at in range(0, len(tried), per)]
        self.weights = [sum(bin_.callers for bin_ in second) * _WIDTH for second in seconds]
        self.seconds = [
            erlang.weighted_share(
                [bin_.callers for bin_ in second], [bin_.share for bin_ in second]
            )
            for second in seconds
        ]

    def share(self, begin: int = 0, end: int | None = None) -> float:
        """Return the share over the seconds from `begin` up to `end`."""
        return erlang.weighted_share(self.weights[begin:end], self.seconds[begin:end])


class Predictions:
    """For the slot time as measured and for both ends of its 95 % interval."""

    def __init__(self, run: Run, counted: Tally, retries: Retries, slot: SlotTime) -> None:
        self.low, self.middle, self.high = (
            Prediction(run, counted, retries, slot.mean + step * Z95 * slot.error)
            for step in (-1, 0, 1)
        )

    def over(self, begin: int = 0, end: int | None = None) -> tuple[float, list[float]]:
        """Return share and interval over some seconds."""
        bounds = [self.low.share(begin, end), self.high.share(begin, end)]
        return self.middle.share(begin, end), bounds


def throttle(counted: Tally, expected: Predictions | None) -> dict[str, Any]:
    """Return measured and predicted throttle share, each with its 95 % interval.

    The measured share's interval comes from its scatter over the seconds, the prediction's from the
    standard error of the slot time.
    """
    direct, refused = counted.direct, counted.throttled
    share = refused / direct if direct else 0.0
    seconds = expected.middle.seconds if expected else [share] * len(counted.seconds)
    error = figures.scatter_error(counted, seconds)
    # Without a synchronous attempt nothing could be refused to a caller.
    predicted, bounds = expected.over() if expected and direct else (None, None)
    first = counted.first_direct
    return {
        "attempts": direct,
        "throttled": refused,
        "share": share,
        "shareInterval": [max(0.0, share - Z95 * error), min(1.0, share + Z95 * error)],
        "predictedShare": predicted,
        "predictedInterval": bounds,
        "gap": None if predicted is None else share - predicted,
        "byReason": dict(counted.reasons),
        "firstTryShare": counted.first_throttled / first if first else 0.0,
        "attemptsByTry": {str(tried): n for tried, n in sorted(counted.tries.items())},
    }


def stages(run: Run, counted: Tally, expected: Predictions | None) -> list[dict[str, Any]]:
    """Return measured and predicted throttle share of every stage, over its whole seconds.

    A second that two stages share counts for the one that begins in it.
    """
    found = []
    begin = 0.0
    for stage in run.stages:
        end = begin + stage.seconds
        first, last = round(begin), max(round(end), round(begin) + 1)
        inside = counted.seconds[first:last]
        direct, refused = sum(s.attempts for s in inside), sum(s.throttled for s in inside)
        share = refused / direct if direct else None
        predicted, bounds = (
            expected.over(first, last) if expected and counted.direct else (None, None)
        )
        found.append(
            {
                "from": begin,
                "to": end,
                "rate": stage.rate,
                "attempts": direct,
                "throttled": refused,
                "share": share,
                "shareInterval": figures.share_interval(direct, refused),
                "predictedShare": predicted,
                "predictedInterval": bounds,
                "gap": None if share is None or predicted is None else share - predicted,
            }
        )
        begin = end
    return found


def recovery_seconds(run: Run, counted: Tally, expected: Sequence[float] | None) -> float | None:
    """Return how long after the peak more was throttled than the load of that moment explains.

    It is over with the first three seconds whose throttle share is no further above its prediction
    than chance and five points of model; never over, it is as long as the rest of the run. None
    when the run has no time after its peak, or nothing was predicted.
    """
    ended = peak_end(run.stages)
    if ended is None or expected is None or not counted.direct:
        return None
    first = math.ceil(ended)
    for at in range(first, max(first + 1, len(counted.seconds) - _WINDOW + 1)):
        if _explained(counted, expected, at):
            return at - ended if at > first else 0.0
    return len(counted.seconds) - ended


def _explained(counted: Tally, expected: Sequence[float], at: int) -> bool:
    seconds = counted.seconds[at : at + _WINDOW]
    attempts = sum(second.attempts for second in seconds)
    if not attempts:
        return True
    share = sum(second.throttled for second in seconds) / attempts
    weights = [second.attempts for second in seconds]
    predicted = erlang.weighted_share(weights, expected[at : at + _WINDOW])
    chance = Z95 * (predicted * (1 - predicted) / attempts) ** 0.5
    return bool(share <= predicted + chance + _MARGIN)
