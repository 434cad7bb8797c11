"""The catalogue of bad candidates, and how their trials are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.trials import bad_releases
from rehearsal.trials.trial import Trial, summary, table

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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


def test_a_candidate_that_is_not_there_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, with those that there are."""
    assert bad_releases.main(["slow", "fast", "--directory", str(tmp_path / "run")]) == 2
    assert "no candidate 'fast'; there are: " in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
