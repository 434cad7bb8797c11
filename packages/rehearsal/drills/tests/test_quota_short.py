"""What the quota drill looks for is what the preflight says."""

from __future__ import annotations

import pytest
from console.errors import UsageError

from infra import preflight
from infra.preflight import UNRESERVED_FLOOR, Concurrency
from rehearsal.drills.claims.quota_short import ASKED, LIMIT, LOWER, REQUEST


def test_the_sentence_names_both_ways_out() -> None:
    """The exact request, with a quota that suffices, and a number that fits."""
    own = 5
    with pytest.raises(UsageError) as refusal:
        preflight.check("local", {"one": ASKED}, Concurrency(LIMIT, LIMIT - own, own))
    request, lower = REQUEST.search(str(refusal.value)), LOWER.search(str(refusal.value))
    assert request
    assert lower
    assert int(request[1]) == ASKED + UNRESERVED_FLOOR
    assert int(lower[1]) == LIMIT - UNRESERVED_FLOOR


@pytest.mark.parametrize(
    "said", ["", "Lambda: below its minimum value of [100].", "--desired-value 5"]
)
def test_another_refusal_is_none_of_ours(said: str) -> None:
    """Lambda's own, half-way through a deployment, names no way out."""
    assert not REQUEST.search(said)
    assert not LOWER.search(said)
