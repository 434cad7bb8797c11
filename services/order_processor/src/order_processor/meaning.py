"""What an order means: its canonical form, and the digests by which two deliveries are compared."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from order_processor.currencies import MINOR_UNIT_DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping

_quoted = json.encoder.encode_basestring
compact = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
"""JSON with sorted keys and without spaces."""


def moment(placed_at: str) -> datetime:
    """Return when an order was placed, in microseconds; ValueError for no time that exists.

    `placed_at` matches the schema's pattern.
    """
    # Hour 24 is the next day's midnight since Python 3.14: an order means the same on each.
    if placed_at[11:13] == "24":
        raise ValueError("no such hour")
    return datetime.fromisoformat(placed_at.upper())


def lines_as_json(lines: list[dict[str, Any]]) -> str:
    """Return what `compact` makes of a valid event's lines, whose members are always these."""
    written = [
        f'{{"quantity":{line["quantity"]},"sku":{_quoted(line["sku"])},'
        f'"unitPrice":"{line["unitPrice"]}"}}'
        for line in lines
    ]
    return f"[{','.join(written)}]"


def digests(event: Mapping[str, Any], lines: str) -> tuple[str, str]:
    """Return two SHA-256 in hex: of a valid event as it came, and of what it means.

    The first is that of the event as compact JSON in UTF-8 (contract version 1), the second that of
    the canonical form, which the service's README describes. `lines` are the event's as compact
    JSON.
    """
    written = {name: lines if name == "lines" else compact(event[name]) for name in sorted(event)}
    means = written | {"placedAt": compact(_placed_at(event["placedAt"]))}
    means.pop("synthetic", None)
    sent = [line["unitPrice"] for line in event["lines"]]
    prices = _prices(sent, MINOR_UNIT_DIGITS[event["currency"]])
    if prices != sent:
        priced = zip(event["lines"], prices, strict=True)
        means["lines"] = lines_as_json([line | {"unitPrice": price} for line, price in priced])
    digest = _sha256(written)
    return digest, digest if means == written else _sha256(means)


def _sha256(members: Mapping[str, str]) -> str:
    """Of a JSON object whose members are written, and sorted by name."""
    written = ",".join([f'"{name}":{value}' for name, value in members.items()])
    return hashlib.sha256(f"{{{written}}}".encode()).hexdigest()


def _placed_at(text: str) -> str:
    """In UTC, with a `Z`, and the fraction of a second without the zeros at its end."""
    if text[-1] == "Z" and text[10] == "T" and (len(text) == 20 or text[-2] not in "0."):
        return text
    fraction = re.split("[Zz+-]", text[19:])[0].rstrip("0")
    seconds = moment(text).astimezone(UTC).isoformat()[:19]
    return seconds + (fraction if fraction != "." else "") + "Z"


def _prices(texts: list[str], digits: int) -> list[str]:
    point = slice(-digits - 1, -digits)  # where most prices have it
    return [
        text if text[point] == "." and text[0] != "-" else _price(text, digits) for text in texts
    ]


def _price(text: str, digits: int) -> str:
    """With the digits of the minor unit, and more only where they are not zero; -0 is 0."""
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(digits, "0")
    if whole == "-0" and not fraction.strip("0"):
        whole = "0"
    return whole + ("." + fraction if fraction else "")
