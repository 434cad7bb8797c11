"""What is sent to try and load the service: the contract itself says that it is right."""

from __future__ import annotations

import itertools
import json
import random
from datetime import UTC, datetime

import jsonschema
import pytest
from order_processor.process import Delivery, process
from order_processor.validation import SCHEMA
from release.commands.smoke import DRAWN
from service import probes
from service.declaration import load

# isort: split
from services.order_processor.tests.fakes import InMemoryOrders

SERVICE = load("order_processor")
PROBES = probes.load(SERVICE)
NOW = datetime(2026, 11, 27, tzinfo=UTC)


def valid(event: object) -> bool:
    """Whether the contract takes an event."""
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(event)


def drawn(seed: int) -> bytes:
    """Return what an event is made of."""
    return random.Random(seed).randbytes(probes.DRAWN)


def test_what_must_be_taken_is_valid_and_what_must_not_is_not() -> None:
    """Each under an id of its own, which begins as asked."""
    taken, turned = PROBES.accepted("mark-7", NOW), PROBES.refused("mark-7", NOW)
    assert all(valid(probe.event) for probe in taken)
    assert not any(valid(probe.event) for probe in turned)
    ids = [PROBES.event_id(probe.event) for probe in (*taken, *turned)]
    assert len(set(ids)) == len(ids)
    assert all(str(each).startswith("mark-7-") for each in ids)


@pytest.mark.parametrize("seed", range(30))
def test_drawn_orders_get_what_they_expect(seed: int) -> None:
    """Sixty cover all currencies and reasons; the service and the probes share no code."""
    store, seen = InMemoryOrders(), set()
    for probe in itertools.islice(PROBES.drawn("synthetic-7", NOW, seed), DRAWN):
        for sent in (probe, *probe.then):
            delivery = Delivery("request", "correlation", "7", NOW, by_number=True)
            answer = process(sent.event, delivery, store).answer
            assert sent.problems(answer) == [], (seed, sent.event)
            assert PROBES.reason(answer) == sent.because
            assert str(PROBES.event_id(sent.event)).startswith("synthetic-7-")
        seen |= {probe.because or probe.event["currency"]}
    assert len(seen) >= 40 + 18


@pytest.mark.parametrize("seed", range(200))
def test_events_for_load_are_valid_and_canonical(seed: int) -> None:
    """And spoilt they are not."""
    payload = PROBES.event(f"run-{seed:06d}", NOW.timestamp(), drawn(seed))
    event = json.loads(payload)
    assert valid(event)
    skus = [line["sku"] for line in event["lines"]]
    assert len(skus) == len(set(skus))  # two lines of one article are refused
    assert json.dumps(event, sort_keys=True, separators=(",", ":")).encode() == payload
    assert not valid(json.loads(PROBES.spoilt(payload, seed)))


def test_answers_are_understood() -> None:
    """Taken, turned away with its codes, or none that the service gives."""
    rejected = {"status": "rejected", "reasons": [{"code": "A"}, {"code": "B"}]}
    assert PROBES.outcome({"status": "confirmed"}) == "confirmed"
    assert PROBES.outcome(rejected) == "rejected"
    assert PROBES.reason(rejected) == "A,B"
    none: tuple[object, ...] = ({}, None, {"status": "odd"}, {"orderId": 1}, [])
    assert [PROBES.outcome(each) for each in none] == [None] * 5
    assert PROBES.event_id({"orderId": "1"}) == "1"
    assert [PROBES.event_id(each) for each in none] == [None] * 5
