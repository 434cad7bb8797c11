"""A second opinion on an event, made of other parts than the service's.

The schema part is the jsonschema library on the published schema; the rules are restated from the
service's README with the standard library's calendar, fractions and Unicode categories; currencies
come from the published list itself. Nothing of `order_processor` is imported.
"""

from __future__ import annotations

import calendar
import hashlib
import json
import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
from jsonschema.validators import extend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SERVICE = Path(__file__).parents[2]
SCHEMA = json.loads((SERVICE / "src/order_processor/order.schema.json").read_bytes())
MAX_LINES = 10_000
MAX_LINES_BYTES = 396_000
MAX_REASONS = 4_000
# No money that anybody is invoiced in: units of account, funds codes, metals, tests and "none".
EXCLUDED = set(
    re.findall(
        "[A-Z]{3}",
        "BOV CHE CHW CLF COU MXV USN UYI UYW XAD XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA"
        " XXX",
    )
)

Finding = tuple[str, str]
"""A reason's code and path."""

_LABELS = {
    "source": "SOURCE",
    "orderId": "ORDER_ID",
    "customerId": "CUSTOMER_ID",
    "currency": "CURRENCY",
    "placedAt": "PLACED_AT",
    "lines": "LINES",
    "synthetic": "SYNTHETIC",
    "sku": "LINE_SKU",
    "quantity": "LINE_QUANTITY",
    "unitPrice": "LINE_UNIT_PRICE",
}
_SUFFIXES = {
    "type": "WRONG_TYPE",
    "pattern": "MALFORMED",
    "minLength": "LENGTH_OUT_OF_RANGE",
    "maxLength": "LENGTH_OUT_OF_RANGE",
    "minItems": "COUNT_OUT_OF_RANGE",
    "maxItems": "COUNT_OUT_OF_RANGE",
    "minimum": "OUT_OF_RANGE",
    "maximum": "OUT_OF_RANGE",
}


def published_currencies() -> dict[str, int | None]:
    """Return the digits of the minor unit by code, None where the list gives none."""
    text = (SERVICE / "tests/iso4217.txt").read_text(encoding="utf-8")
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {code: None if digits == "-" else int(digits) for code, digits in rows}


_DIGITS = {
    code: digits
    for code, digits in published_currencies().items()
    if code not in EXCLUDED and digits is not None
}


def findings(event: Any) -> Counter[Finding]:
    """Return every reason why `event` is no valid order, all of them however many; empty if none.

    What only the store knows, ORDER_ID_CONFLICT, is not among them.
    """
    if not isinstance(event, dict):
        return Counter([("NOT_AN_ORDER", "")])
    found = Counter(_schema_findings(event))
    faulty = {path for _, path in found}
    found.update(finding for finding in _rule_findings(event) if finding[1] not in faulty)
    if not found and lines_bytes(event) > MAX_LINES_BYTES:
        found["LINES_TOO_LARGE", "/lines"] += 1
    elif not found and (exact(event) < 0 or total(event) >= 10**12):
        found["TOTAL_OUT_OF_RANGE", "/lines"] += 1
    return found


def lines_bytes(event: dict[str, Any]) -> int:
    """Return the size of the lines as compact JSON in UTF-8."""
    return len(json.dumps(event["lines"], separators=(",", ":"), ensure_ascii=False).encode())


def exact(event: dict[str, Any]) -> Fraction:
    """Return what the lines of a valid event come to, before rounding."""
    return sum(
        (line["quantity"] * Fraction(line["unitPrice"]) for line in event["lines"]), Fraction(0)
    )


def digest(event: dict[str, Any]) -> str:
    """Return the digest of what a valid event means, as the README has it."""
    digits = _DIGITS[event["currency"]]
    lines = [
        {
            "quantity": line["quantity"],
            "sku": line["sku"],
            "unitPrice": _decimal(Fraction(line["unitPrice"]), digits),
        }
        for line in event["lines"]
    ]
    kept = {name: event[name] for name in event if name in _MEANT}
    text = json.dumps(
        kept | {"lines": lines, "placedAt": _instant(event["placedAt"])},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


_MEANT = {"source", "orderId", "customerId", "currency"}


def _decimal(value: Fraction, digits: int) -> str:
    millionths = str(abs(int(value * 10**6))).rjust(7, "0")
    whole, part = millionths[:-6], millionths[-6:]
    while len(part) > digits and part[-1] == "0":
        part = part[:-1]
    return ("-" if value < 0 else "") + whole + ("." + part if part else "")


def _instant(text: str) -> str:
    found = re.fullmatch(r"(.{10}).(.{8})(\.\d+)?(?:[zZ]|([+-])(..):(..))", text)
    assert found
    day, clock, fraction, sign, hours, minutes = found.groups()
    seconds = calendar.timegm(tuple(map(int, [*day.split("-"), *clock.split(":")])))
    if sign:
        seconds -= int(sign + "1") * (int(hours) * 3600 + int(minutes) * 60)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}" + (fraction or "").rstrip("0").rstrip(".") + "Z"


def total(event: dict[str, Any]) -> Fraction:
    """Return what a valid order comes to, half a minor unit rounded upwards."""
    units = 10 ** _DIGITS[event["currency"]]
    return Fraction((exact(event) * units + Fraction(1, 2)) // 1, units)


def total_text(event: dict[str, Any]) -> str:
    """Return the total as the answer shows it: with all digits of the minor unit."""
    digits = _DIGITS[event["currency"]]
    minor = str(int(total(event) * 10**digits)).rjust(digits + 1, "0")
    return f"{minor[:-digits]}.{minor[-digits:]}" if digits else minor


def order_id(event: Any) -> str | None:
    """Return the id that an answer about `event` has to name."""
    value = event.get("orderId") if isinstance(event, dict) else None
    fit = isinstance(value, str) and re.fullmatch("[!-~]{1,128}", value)
    return value if fit else None


def points_into(path: str, event: Any, *, missing: bool) -> bool:
    """Whether `path` is a JSON Pointer (RFC 6901) to a place of `event`, or to a missing member."""
    if not re.fullmatch(r"(/([^~/]|~[01])*)*", path):
        return False
    names = [name.replace("~1", "/").replace("~0", "~") for name in path.split("/")[1:]]
    for depth, name in enumerate(names, 1):
        if isinstance(event, list):
            if not re.fullmatch("0|[1-9][0-9]*", name) or int(name) >= len(event):
                return False
            event = event[int(name)]
        elif not isinstance(event, dict):
            return False
        elif name not in event:
            return missing and depth == len(names)
        else:
            event = event[name]
    return not missing


def _ecma_pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Any:
    # jsonschema matches with Python's $, which also matches before a final newline.
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield jsonschema.ValidationError("pattern")


_extend: Any = extend
_VALIDATOR = _extend(jsonschema.Draft202012Validator, {"pattern": _ecma_pattern})(SCHEMA)


def _schema_findings(event: dict[str, Any]) -> Iterator[Finding]:
    required_seen: set[str] = set()
    for error in _VALIDATOR.iter_errors(event):
        place = list(error.absolute_path)
        if len(place) > 1 and int(place[1]) >= MAX_LINES:
            continue  # the contract: lines beyond the last that is allowed go unchecked
        path = "".join(f"/{part}" for part in place)
        if error.validator == "required":
            if path not in required_seen:  # the library tells each missing member apart
                required_seen.add(path)
                absent = [name for name in error.validator_value if name not in error.instance]
                yield from ((f"{_LABELS[name]}_MISSING", f"{path}/{name}") for name in absent)
        elif error.validator == "additionalProperties":
            known = error.schema["properties"]
            yield from (_unknown(path, name) for name in error.instance if name not in known)
        else:
            label = "LINE" if isinstance(place[-1], int) else _LABELS[place[-1]]
            yield f"{label}_{_SUFFIXES[error.validator]}", path


def _unknown(path: str, name: str) -> Finding:
    if len(name) <= 64 and _is_printable(name):
        path += "/" + name.replace("~", "~0").replace("/", "~1")
    return "UNKNOWN_MEMBER", path


def _rule_findings(event: dict[str, Any]) -> Iterator[Finding]:
    if (order_id(event) or "").startswith("synthetic-"):  # the function is never asked by number
        yield "ORDER_ID_RESERVED", "/orderId"
    currency, placed_at, lines = (event.get(name) for name in ("currency", "placedAt", "lines"))
    if isinstance(currency, str) and currency not in _DIGITS:
        yield "CURRENCY_UNKNOWN", "/currency"
    if isinstance(placed_at, str):
        yield from (("PLACED_AT_" + fault, "/placedAt") for fault in _time_faults(placed_at))
    if isinstance(lines, list):
        yield from _line_findings(lines[:MAX_LINES])


def _time_faults(text: str) -> Iterable[str]:
    """Judge a text that the schema's pattern admits; what it refuses counts for nothing here."""
    match = re.match(
        r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-]\d\d):(\d\d))",
        text,
        re.ASCII,
    )
    if match is None:
        return ()
    *parts, hours, minutes = match.groups()
    year, month, day, hour, minute, second = map(int, parts)
    exists = (
        year >= 1
        and 1 <= month <= 12
        and 1 <= day <= calendar.monthrange(year, month)[1]
        and hour < 24
        and max(minute, second) < 60
    )
    if not exists:
        return ("NOT_A_TIME",)
    offset = int(hours or 0) * 60 + int((hours or "+")[0] + (minutes or "0"))
    # In minutes since the year 1, which no offset leaves.
    minute_of = (datetime(year, month, day, tzinfo=UTC).toordinal() * 24 + hour) * 60 + minute
    first = datetime(2000, 1, 1, tzinfo=UTC).toordinal() * 1440
    latest = datetime.now(UTC) + timedelta(minutes=5)
    last = (latest.toordinal() * 24 + latest.hour) * 60 + latest.minute
    return () if first <= minute_of - offset <= last else ("OUT_OF_RANGE",)


def _line_findings(lines: list[Any]) -> Iterator[Finding]:
    for index, line in enumerate(lines):
        quantity, sku = map(line.get, ("quantity", "sku")) if isinstance(line, dict) else (0, 0)
        if isinstance(quantity, float):
            yield "LINE_QUANTITY_IS_FLOAT", f"/lines/{index}/quantity"
        if isinstance(sku, str) and not _is_text(sku):
            yield "LINE_SKU_BAD_TEXT", f"/lines/{index}/sku"


_INVISIBLE = (
    "00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 2800 3164 FE00-FE0F"
    " FEFF FFA0 FFF0-FFF8 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF"
)
_SPACE = "9-D 20 85 A0 1680 2000-200A 2028-2029 202F 205F 3000"


def _members(ranges: str) -> set[int]:
    ends = (span.partition("-") for span in ranges.split())
    return {n for first, _, last in ends for n in range(int(first, 16), int(last or first, 16) + 1)}


_SPACES = _members(_SPACE)
_UNSEEN = _members(_INVISIBLE) | _SPACES


def _is_text(text: str) -> bool:
    codes = [ord(character) for character in text]
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        return False
    if any(0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE for code in codes):
        return False
    if not codes:
        return True
    return not _UNSEEN.issuperset(codes) and not _SPACES & {codes[0], codes[-1]}


def _is_printable(text: str) -> bool:
    """No control, format, surrogate, private or unassigned character, no separator but a space."""
    return all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in text)
