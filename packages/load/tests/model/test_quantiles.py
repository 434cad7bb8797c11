import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.model.quantiles import Quantiles, percentile

VALUES = st.lists(st.floats(0, 1e6), min_size=1)
SHARES = st.floats(0.01, 1.0)


@given(VALUES, SHARES)
def test_a_percentile_is_a_value_with_enough_at_or_below_it(
    values: list[float], share: float
) -> None:
    """Nearest rank: at least the share of values lies at or below it."""
    found = percentile(sorted(values), share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


@given(VALUES, st.lists(SHARES, max_size=4))
def test_quantiles_are_those_of_the_values_to_a_thousandth(
    values: list[float], shares: list[float]
) -> None:
    """Whatever the order of the shares, and as often as one is asked for."""
    kept = Quantiles()
    for value in values:
        kept.add(value)
    exact = [percentile(sorted(values), share) for share in shares]
    assert kept.at(*shares) == pytest.approx(exact, rel=5.1e-4)


def test_no_values_have_no_percentile() -> None:
    """Unknown is not zero."""
    assert percentile([], 0.5) is None
    assert Quantiles().at(0.5, 1.0) == [None, None]
