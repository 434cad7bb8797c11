"""What every OrderRepository must do; run against the fake, the real one and MiniStack."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from order_processor.repository import Confirmation, OrderRecord

if TYPE_CHECKING:
    from order_processor.repository import OrderRepository

CONFIRMATION = Confirmation(
    order_id="order-1",
    event_digest="cd" * 32,
    content_digest="ab" * 32,
    currency="KWD",
    total="1.500",
    line_count=3,
    confirmed_at="2026-03-01T12:00:00.000Z",
    request_id="request-1",
    source="web",
)
RECORD = OrderRecord(
    confirmation=CONFIRMATION,
    customer_id="customer-1",
    lines='[{"sku":"é"}]',
    placed_at="2026-03-01T11:00:00Z",
    function_version="7",
    correlation_id="correlation-1",
    expires_at=1_772_452_800,
)


def _other(order_id: str, request_id: str) -> OrderRecord:
    confirmation = CONFIRMATION._replace(order_id=order_id, request_id=request_id)
    return RECORD._replace(confirmation=confirmation)


def test_keeps_the_first_record(repository: OrderRepository) -> None:
    """The first call returns its own confirmation."""
    assert repository.add(RECORD) == CONFIRMATION


def test_returns_the_kept_confirmation_to_every_later_call(repository: OrderRepository) -> None:
    """All its fields come back exactly, trailing zeros of the total included."""
    repository.add(RECORD)
    assert repository.add(_other("order-1", "request-2")) == CONFIRMATION
    assert repository.add(_other("order-1", "request-3")) == CONFIRMATION


def test_order_ids_do_not_meet(repository: OrderRepository) -> None:
    """Another id is another record."""
    repository.add(RECORD)
    assert repository.add(_other("order-2", "request-2")).request_id == "request-2"


def test_sources_do_not_meet(repository: OrderRepository) -> None:
    """Two senders may use the same id: neither blocks nor sees the other's order."""
    repository.add(RECORD)
    for source in (None, "till"):
        confirmation = CONFIRMATION._replace(source=source, request_id="request-2")
        other = RECORD._replace(confirmation=confirmation)
        assert repository.add(other) == confirmation


def test_of_simultaneous_calls_one_is_kept(repository: OrderRepository) -> None:
    """All callers learn of the same record, whoever wrote it."""
    records = [_other("order-1", f"request-{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(repository.add, records))
    assert len(set(kept)) == 1
