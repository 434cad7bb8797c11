"""Real business is accepted: a few hundred invoices of a shop, with their totals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.order_processor.tests.fakes import InMemoryOrders
from services.order_processor.tests.inputs import invoices, oracle

INVOICES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "inputs/invoices.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("invoice", INVOICES, ids=lambda invoice: str(invoice["orderId"]))
def test_a_real_invoice_is_an_order(invoice: dict[str, Any]) -> None:
    """Confirmed with its total; one that pays the customer, as a cancellation does, is none."""
    outcome = invoices.answered(invoice, InMemoryOrders())
    if oracle.exact(invoice) < 0:
        assert outcome.codes == ("TOTAL_OUT_OF_RANGE",)
    else:
        assert outcome.kind == "confirmed"
        assert outcome.answer["total"] == oracle.total_text(invoice)


def test_the_sample_has_what_real_business_has() -> None:
    """Guests, repeated SKUs, one SKU at two prices, cancellations."""
    assert len(INVOICES) > 300
    lines = [invoice["lines"] for invoice in INVOICES]
    skus = [[line["sku"] for line in each] for each in lines]
    prices = [{(line["sku"], line["unitPrice"]) for line in each} for each in lines]
    assert sum("customerId" not in invoice for invoice in INVOICES) > 30
    assert sum(len(set(each)) < len(each) for each in skus) > 30
    assert sum(len(each) > len(set(own)) for each, own in zip(prices, skus, strict=True)) > 30
    assert sum(oracle.exact(invoice) < 0 for invoice in INVOICES) > 30


def test_a_copy_is_read_as_it_stands(tmp_path: Path) -> None:
    """Files by day: an invoice's rows together, what came back with a negative price."""
    head = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    rows = [
        "1,A,a thing,2,2010-12-01 08:26:00,2.5,17850.0,United Kingdom",
        "2,B,,-1,2010-12-01 08:27:00,1.0,,France",
        "1,A,a thing,-1,2010-12-01 08:26:00,2.5,17850.0,United Kingdom",
    ]
    (tmp_path / "2010-12-01.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    first, second = invoices.orders(tmp_path)
    assert first["customerId"] == "17850"
    assert [line["unitPrice"] for line in first["lines"]] == ["2.5", "-2.5"]
    assert "customerId" not in second
    assert str(invoices.share([first, second])).startswith(
        "2 invoices, 1 of guests, 1 repeat a SKU"
    )
