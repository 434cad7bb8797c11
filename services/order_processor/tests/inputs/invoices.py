"""Real invoices as orders: UCI's Online Retail, two years of a British wholesaler of gifts.

Chen, D. (2015), Online Retail, UCI Machine Learning Repository, https://doi.org/10.24432/C5BW33,
CC BY 4.0; as files by day in databricks/Spark-The-Definitive-Guide, `data/retail-data/by-day`.
`invoices.json` has the facts of some: ids, codes, quantities, prices and times, customers replaced,
descriptions and countries left out.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from console.files import write_whole
from order_processor.process import Delivery, process

from services.order_processor.tests.fakes import InMemoryOrders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from order_processor.process import Outcome

CURRENCY = "GBP"
LINES, EVERY, EACH = 12, 90, 40
"""The sample's invoices have at most so many lines: one in so many of all, and the first so many of
each peculiar kind."""


def orders(folder: Path) -> Iterator[dict[str, Any]]:
    """Read the invoices of all files, in the order of their days; the shop's time is taken for UTC.

    What came back stands there with a negative quantity: here its price is negative.
    """
    for path in sorted(folder.glob("*.csv")):
        found: dict[str, dict[str, Any]] = {}
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                order = found.setdefault(row["InvoiceNo"], _begun(row))
                order["lines"].append(_line(row))
        yield from found.values()


def _begun(row: dict[str, str]) -> dict[str, Any]:
    order = {
        "orderId": row["InvoiceNo"],
        "currency": CURRENCY,
        "placedAt": row["InvoiceDate"].replace(" ", "T") + "Z",
        "lines": [],
    }
    customer = row["CustomerID"].removesuffix(".0")
    return order | ({"customerId": customer} if customer else {})


def _line(row: dict[str, str]) -> dict[str, Any]:
    quantity, price = int(row["Quantity"]), row["UnitPrice"]
    if quantity < 0:
        price = price.removeprefix("-") if price.startswith("-") else f"-{price}"
    return {"sku": row["StockCode"], "quantity": abs(quantity), "unitPrice": price}


@dataclass
class Share:
    """What became of invoices, by kind of answer; `first` has one id for each reason."""

    kinds: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    guests: int = 0
    repeated: int = 0

    def __str__(self) -> str:
        number = self.kinds.total()
        rows = [f"{number:,} invoices, {self.guests:,} of guests, {self.repeated:,} repeat a SKU"]
        for kind, count in self.kinds.most_common():
            example = f" (such as {self.first[kind]})" if kind in self.first else ""
            rows.append(f"{count:>8,}  {count / number:6.2%}  {kind}{example}")
        return "\n".join(rows)


def share(invoices: Iterable[dict[str, Any]]) -> Share:
    """Put invoices through the service, each as it would arrive."""
    found, repository = Share(), InMemoryOrders()
    for invoice in invoices:
        outcome = answered(invoice, repository)
        kind = ", ".join(outcome.codes) or outcome.kind
        found.kinds[kind] += 1
        if outcome.codes:
            found.first.setdefault(kind, invoice["orderId"])
        found.guests += "customerId" not in invoice
        skus = [line["sku"] for line in invoice["lines"]]
        found.repeated += len(set(skus)) < len(skus)
    return found


def answered(invoice: dict[str, Any], repository: InMemoryOrders) -> Outcome:
    """Return what the service makes of an invoice."""
    delivery = Delivery(invoice["orderId"], "invoices", "1", datetime.now(UTC))
    return process(invoice, delivery, repository)


def sample(invoices: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Choose invoices, and replace their customers."""
    customers: dict[str, str] = {}
    seen: dict[tuple[bool, ...], int] = {}
    for number, invoice in enumerate(each for each in invoices if len(each["lines"]) <= LINES):
        answer = answered(invoice, InMemoryOrders()).answer
        skus = [line["sku"] for line in invoice["lines"]]
        prices = {(line["sku"], line["unitPrice"]) for line in invoice["lines"]}
        repeated = len(set(skus)) < len(skus)
        guest, negative = "customerId" not in invoice, "total" not in answer
        kind = (guest, repeated, len(prices) > len(set(skus)), negative)
        seen[kind] = seen.get(kind, 0) + 1
        if number % EVERY and (not any(kind) or seen[kind] > EACH):
            continue
        if not guest:
            name = customers.setdefault(invoice["customerId"], f"customer-{len(customers):03d}")
            invoice = invoice | {"customerId": name}
        yield invoice


def main(folder: Path, write: Path | None) -> int:
    """Print what becomes of all invoices, and write some; exit status 2 where there are none."""
    invoices = list(orders(folder))
    if not invoices:
        print(f"{folder} has no .csv files: name the folder of files by day.", file=sys.stderr)
        return 2
    print(share(invoices))
    if write:
        rows = (json.dumps(row, separators=(",", ":")) for row in sample(invoices))
        write_whole(write, "[\n" + ",\n".join(rows) + "\n]\n")
    return 0
