import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.run_log.classify import Outcome
from load.run_log.log import Attempt, Entry
from load.run_log.reconcile import Fate, Found, Order, books, fate, missing, reconcile

OUTCOMES: list[Outcome] = [
    "confirmed",
    "rejected",
    "accepted",
    "throttled",
    "functionError",
    "transportError",
]
digests = st.sampled_from(["d", "other"])
known = st.builds(
    Order,
    digest=st.just("d"),
    valid=st.booleans(),
    outcomes=st.frozensets(st.sampled_from(OUTCOMES)),
    results=st.frozensets(st.sampled_from(["r1", "r2"])),
)
ids = st.sampled_from("abcdefgh")


def order(*outcomes: Outcome, valid: bool = True, results: frozenset[str] = frozenset()) -> Order:
    """Return an order of content d."""
    return Order("d", valid, frozenset(outcomes), results)


@pytest.mark.parametrize(
    ("given_order", "stored", "dead", "settled", "expected"),
    [
        (order("confirmed"), "d", None, True, "confirmed"),
        (order("confirmed"), None, None, True, "lost"),
        (order("confirmed"), "other", None, True, "lost"),
        (order("accepted"), "d", None, True, "confirmed"),
        (order("accepted"), "d", None, False, "confirmed"),
        (order("accepted"), None, "d", True, "deadLettered"),
        (order("accepted"), None, "other", True, "lost"),
        (order("accepted"), None, None, True, "lost"),
        (order("accepted"), None, None, False, "unverified"),
        (order("throttled"), None, None, True, "throttled"),
        (order("throttled"), "d", None, True, "confirmed"),
        (order("throttled", "confirmed"), "d", None, True, "confirmed"),
        (order("throttled", "confirmed"), None, None, True, "lost"),
        (order("functionError"), None, None, True, "failed"),
        (order("functionError"), "d", None, True, "confirmed"),
        (order("transportError"), None, None, True, "failed"),
        (order(), None, None, True, "failed"),
        (order(), "d", None, True, "confirmed"),
        (order("rejected", valid=False), None, None, True, "rejected"),
        (order("rejected"), None, None, True, "failed"),
        (order("confirmed", valid=False), "d", None, True, "failed"),
        (order("throttled", valid=False), None, None, True, "throttled"),
    ],
)
def test_an_orders_fate_follows_from_what_was_said_and_what_was_found(
    given_order: Order, stored: str | None, dead: str | None, settled: bool, expected: Fate
) -> None:
    """What was taken on must be found with the same content; what was refused need not be."""
    assert fate(given_order, stored, dead, settled=settled) == expected


@given(
    st.dictionaries(ids, known),
    st.dictionaries(ids, digests),
    st.dictionaries(ids, digests),
    st.booleans(),
)
def test_every_order_meets_exactly_one_fate(
    orders: dict[str, Order], stored: dict[str, str], dead: dict[str, str], settled: bool
) -> None:
    """The fates add up to the orders sent, and lost orders are named."""
    result = reconcile(orders, Found(stored, dead, settled))
    counts = result.counts()
    duplicated = counts.pop("duplicated")
    assert sum(counts.values()) == 2 * counts["sent"] == 2 * len(orders)
    assert counts["lost"] == len(result.lost_ids)
    assert duplicated == sum(len(o.results) > 1 for o in orders.values())


@given(st.dictionaries(ids, known), st.booleans())
def test_an_order_found_with_its_content_is_never_lost(
    orders: dict[str, Order], settled: bool
) -> None:
    """Only what is not there, or is there with another content, can be lost."""
    stored = dict.fromkeys(orders, "d")
    assert reconcile(orders, Found(stored, {}, settled)).counts()["lost"] == 0


def test_attempts_of_repeats_are_joined_to_the_one_order() -> None:
    """Two answers to one order are one order, doubled when they differ."""
    entries = [Entry("a", "d", "order", "sync", 0.0), Entry("a", "d", "repeat", "sync", 2.0)]

    def attempt(result: str) -> Attempt:
        return Attempt("a", "order", "sync", 0, 0, 0, "confirmed", None, 200, "1", None, result)

    same = books(entries, [attempt("r1"), attempt("r1")])
    differ = books(entries, [attempt("r1"), attempt("r2")])
    assert reconcile(same, Found({"a": "d"}, {}, True)).counts()["duplicated"] == 0
    assert reconcile(differ, Found({"a": "d"}, {}, True)).counts()["duplicated"] == 1
    assert len(same) == 1


def test_only_what_was_taken_on_is_missed() -> None:
    """The wait for the backlog is for accepted and confirmed orders alone."""
    orders = {"a": order("accepted"), "b": order("throttled"), "c": order("confirmed")}
    assert missing(orders, {"c"}) == ["a"]
