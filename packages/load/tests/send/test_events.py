import hashlib
import json
from collections import Counter

import jsonschema
import pytest
from console.checkout import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from load.scenarios import scenario
from load.send.events import (
    REPEAT_AFTER,
    Invocation,
    Kind,
    PlannedOrder,
    Share,
    content_digest,
    planned,
)

SCHEMA = ROOT / "services/order_processor/src/order_processor/order.schema.json"


def orders(seed: int, rate: float = 100, duration: float = 20) -> list[PlannedOrder]:
    """Return the orders of a short peak hour."""
    return list(planned(scenario("peak_hour", rate, duration), seed, "run", 1_000_000.0))


@settings(max_examples=20)
@given(st.integers())
def test_the_same_seed_gives_the_same_orders(seed: int) -> None:
    """Contents, kinds and due times are all replayed."""
    assert orders(seed, 20, 5) == orders(seed, 20, 5)


def test_another_run_sends_other_ids() -> None:
    """A replay into the same table meets no order of the run before."""
    plan = scenario("peak_hour", 20, 5)
    first, second = (list(planned(plan, 1, run_id, 0.0)) for run_id in ("a", "b"))
    assert not {o.order_id for o in first} & {o.order_id for o in second}
    assert [o.offset for o in first] == [o.offset for o in second]


def test_the_digest_is_the_one_of_the_payload() -> None:
    """What is sent is already in canonical form, so that its digest is the content's."""
    for order in orders(3):
        assert hashlib.sha256(order.payload).hexdigest() == order.digest
        assert content_digest(json.loads(order.payload)) == order.digest


def test_the_mix_is_kept() -> None:
    """The kinds of many orders have the mix's shares, within five deviations."""
    sent = orders(5, 300, 30)
    kinds = Counter((order.kind, order.invocation) for order in sent)
    expected: dict[tuple[Kind, Invocation], float] = {
        ("order", "async"): 0.10,
        ("invalid", "sync"): 0.02,
        ("repeat", "sync"): 0.02,
    }
    for kind, share in expected.items():
        assert abs(kinds[kind] - share * len(sent)) < 5 * (share * len(sent)) ** 0.5


def test_a_repeat_is_an_earlier_synchronous_order_word_for_word() -> None:
    """Same id, same content, and late enough for the original to be answered."""
    sent = orders(7)
    originals = {o.order_id: o for o in sent if o.kind == "order" and o.invocation == "sync"}
    repeats = [order for order in sent if order.kind == "repeat"]
    assert repeats
    for repeat in repeats:
        original = originals[repeat.order_id]
        assert repeat.payload == original.payload
        assert repeat.offset >= original.offset + REPEAT_AFTER


def test_all_other_ids_are_new() -> None:
    """Only repeats share an id."""
    ids = [order.order_id for order in orders(9) if order.kind != "repeat"]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", ["order", "invalid"])
def test_valid_orders_meet_the_published_schema_and_invalid_ones_do_not(kind: str) -> None:
    """The load test keeps the service's contract by its published schema alone."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    chosen = [json.loads(order.payload) for order in orders(11) if order.kind == kind]
    assert chosen
    assert {validator.is_valid(content) for content in chosen} == {kind == "order"}


def test_no_order_names_an_article_twice() -> None:
    """The service refuses an order with two lines of one article."""
    for order in orders(13):
        skus = [line["sku"] for line in json.loads(order.payload)["lines"]]
        assert len(skus) == len(set(skus))


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_shares_make_up_the_whole_run(seed: int, senders: int) -> None:
    """Senders that share a run send each of its orders once, and no other."""
    plan = scenario("peak_hour", 60, 4)
    whole = list(planned(plan, seed, "run", 1_000.0))
    parts = [list(planned(plan, seed, "run", 1_000.0, Share(n, senders))) for n in range(senders)]
    assert sorted((o for part in parts for o in part), key=lambda o: o.offset) == whole
    assert all(part == whole[n::senders] for n, part in enumerate(parts))
