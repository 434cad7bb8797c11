"""The plans, in CodeDeploy's words."""

from __future__ import annotations

from itertools import pairwise

import pytest

from release.plans import PLANS, time_based_linear


def test_canary_is_one_step_and_linear_is_equal_increments() -> None:
    """As TimeBasedCanary and TimeBasedLinear; the last increment is the promotion."""
    assert len(PLANS["canary"]) == 1
    steps = [after - before for before, after in pairwise((0.0, *PLANS["linear"], 1.0))]
    assert steps == pytest.approx([steps[0]] * len(steps))
    assert time_based_linear(30) == (0.3, 0.6, 0.9)
