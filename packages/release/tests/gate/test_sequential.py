"""The sequential tests keep their error probabilities however often one looks."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from release.gate import sequential

counts = st.integers(0, 60)


def enumerated(trials: int, share: float) -> list[tuple[int, float]]:
    """Every number of hits in so many trials, with its probability."""
    return [
        (hits, math.comb(trials, hits) * share**hits * (1 - share) ** (trials - hits))
        for hits in range(trials + 1)
    ]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("trials", [1, 7, 40])
def test_evidence_is_worth_nothing_on_average_while_nothing_is_wrong(
    share: float, trials: int
) -> None:
    """The defining property of an e-value, summed over every outcome at the edge of the null."""
    outcomes = enumerated(trials, share)
    assert sum(p * sequential.above(hits, trials, share) for hits, p in outcomes) <= 1 + 1e-9
    assert sum(p * sequential.below(hits, trials, share) for hits, p in outcomes) <= 1 + 1e-9


@pytest.mark.parametrize(("candidate", "live", "errors"), [(10, 90, 5), (30, 30, 12), (3, 4, 6)])
def test_a_common_error_share_is_no_evidence_on_average(
    candidate: int, live: int, errors: int
) -> None:
    """Whichever errors fell to the candidate by the draw alone, drawn without replacement."""
    total = math.comb(candidate + live, errors)
    for test in (sequential.fails_more, sequential.differs):
        mean = sum(
            math.comb(candidate, mine)
            * math.comb(live, errors - mine)
            / total
            * test([((candidate, mine), (live, errors - mine))])
            for mine in range(errors + 1)
        )
        assert mean <= 1 + 1e-9


def test_a_difference_counts_in_both_directions() -> None:
    """Three times as often, or never."""
    assert sequential.differs([((100, 9), (900, 27))]) > 2
    assert sequential.differs([((100, 0), (900, 90))]) > 20
    assert sequential.differs([((100, 3), (900, 27))]) < 1


def test_looking_after_every_sample_does_not_raise_the_false_alarms() -> None:
    """A thousand good candidates, each looked at 300 times: at most about 1 % cross 1 in 100."""
    rng = random.Random(5)
    crossed = 0
    for _ in range(1000):
        errors = 0
        for number in range(1, 301):
            errors += rng.random() < 0.01
            if errors and sequential.above(errors, number, 0.01) >= 100:
                crossed += 1
                break
    assert crossed <= 20


def test_a_clean_candidate_needs_about_the_minimum() -> None:
    """304 samples without an error rule out 1 % at 1 in 20, where a fixed test needs 299."""
    assert sequential.clean_needed(0, 0, 0.01, 20) == 304
    assert sequential.below(0, 303, 0.01) < 20 <= sequential.below(0, 304, 0.01)


@given(counts, st.integers(0, 2000), st.sampled_from([0.01, 0.05, 0.2]))
def test_what_is_needed_suffices_and_is_least(errors: int, clean: int, share: float) -> None:
    """So many more samples without an error, and not one fewer, bring the evidence."""
    seen = errors + clean
    more = sequential.clean_needed(errors, seen, share, 20)
    assert sequential.below(errors, seen + more, share) >= 20
    assert more == 0 or sequential.below(errors, seen + more - 1, share) < 20


@given(counts, counts, st.integers(1, 500), st.integers(1, 500))
def test_another_error_of_the_candidates_never_speaks_for_it(
    mine: int, theirs: int, candidate: int, live: int
) -> None:
    """More errors on the candidate are more evidence, more on the live version less."""
    pair = ((candidate + mine + 1, mine), (live + theirs + 1, theirs))
    base = sequential.fails_more([pair])
    (n, k), (m, j) = pair
    assert sequential.fails_more([((n, k + 1), (m, j))]) >= base
    assert sequential.fails_more([((n, k), (m, j + 1))]) <= base
    assert sequential.above(k + 1, n, 0.01) >= sequential.above(k, n, 0.01)
    assert sequential.below(k + 1, n, 0.01) <= sequential.below(k, n, 0.01)


def test_extremes_have_an_answer() -> None:
    """No overflow, no division by zero."""
    assert sequential.above(10**6, 10**6, 0.01) == math.inf
    assert sequential.above(0, 0, 0.0) == 1.0
    assert sequential.above(1, 1, 0.0) == math.inf
    assert sequential.above(5, 5, 1.0) == 1.0
    assert sequential.below(0, 0, 1.0) == math.inf
    assert sequential.below(0, 10, 0.0) == 0.0
    assert sequential.fails_more([]) == 1.0
    assert sequential.fails_more([((0, 0), (9, 9))]) == 1.0
    assert sequential.underserved(0, 0, 1.0, 0.2) == 1.0
    assert sequential.clean_needed(0, 0, 1.0, 20) == 0
