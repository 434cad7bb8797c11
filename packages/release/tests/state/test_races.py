"""Eight promotions at once, a hundred times over: one winner each time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from release.commands.promote import promote
from release.result import Exit
from release.state import alias, ledger
from release.tests.aws.test_contract import LinedUp
from release.tests.fakes import FakeFunctions, release_of

RACERS, ROUNDS = 8, 100


def test_a_hundred_races_have_a_hundred_winners() -> None:
    """One write and one entry per round; the ledger has no other, in the alias's order."""
    functions = FakeFunctions("1", "2", "3")
    together = threading.Barrier(RACERS, timeout=30)

    def race(version: str) -> Exit:
        store = LinedUp(functions, together)
        return promote(release_of(store), version, reason="race").exit

    with ThreadPoolExecutor(RACERS) as pool:
        for number in range(ROUNDS):
            version = "3" if number % 2 == 0 else "1"
            exits = sorted(pool.map(race, [version] * RACERS))
            assert exits == [Exit.DONE, *[Exit.FAIL] * (RACERS - 1)]
    seen = alias.read(functions)
    linked = ledger.read(functions, seen)
    assert functions.writes == len(linked) == ROUNDS
    assert ledger.disagreement(seen, linked) is None
    assert [entry.version for entry in linked[:2]] == ["1", "3"]
