"""The catalogue of bad candidates, and how their trials are told."""

from __future__ import annotations

from rehearsal.trials.trial import Trial, summary, table


def trial(name: str, *, good: bool, promoted: bool) -> Trial:
    """A trial that ended so."""
    return Trial(name, good, 1, "7", promoted, "gate", "why", 310, 12.3)


def test_the_figures_count_what_went_wrong() -> None:
    """Bad ones that were promoted, good ones that were not."""
    trials = [
        trial("slow", good=False, promoted=False),
        trial("wrong-totals", good=False, promoted=True),
        trial("good-1", good=True, promoted=True),
        trial("good-2", good=True, promoted=False),
    ]
    figures = summary(trials)
    assert (figures["bad"], figures["badPromoted"]) == (2, 1)
    assert (figures["good"], figures["goodRefused"]) == (2, 1)
    lines = table(trials).splitlines()
    assert [line[:3] for line in lines] == ["ok ", "NOT", "ok ", "NOT"]
