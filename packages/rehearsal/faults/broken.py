"""Faults of the service that a run has to find: proof that it can fail.

Each replaces one piece of the service's source in a copy that is laid over the artifact; the
source itself is never touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.checkout import ROOT
from console.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = ROOT / "services" / "order_processor" / "src" / "order_processor"


@dataclass(frozen=True, slots=True)
class Breakage:
    """`old` of a module becomes `new`; `finds` is the kind of complaint that has to follow."""

    module: str
    old: str
    new: str
    finds: str


BREAKAGES = {
    # Every delivery writes, so that the last one wins.
    "unconditional-put": Breakage(
        "dynamodb.py",
        '                ConditionExpression="attribute_not_exists(orderId)",\n',
        "",
        "doubled",
    ),
    # The answer does not wait for the write.
    "answer-before-write": Breakage(
        "process.py",
        "    kept = repository.add(record)\n",
        "    __import__('threading').Thread(target=repository.add, args=(record,)).start()\n"
        "    kept = record.confirmation\n",
        "lost",
    ),
    # A store that fails is taken for one that has stored.
    "swallowed-error": Breakage(
        "process.py",
        "    kept = repository.add(record)\n",
        "    try:\n        kept = repository.add(record)\n"
        "    except Exception:\n        kept = record.confirmation\n",
        "lost",
    ),
    # Another content under a taken id passes for a repetition.
    "digest-not-compared": Breakage(
        "process.py",
        "    if kept.content_digest != record.confirmation.content_digest:\n",
        "    if kept.content_digest != kept.content_digest:\n",
        "wrong",
    ),
    # A repetition is answered from the delivery at hand instead of from the record.
    "fresh-answer": Breakage(
        "dynamodb.py",
        "            return _kept(error)\n",
        "            _kept(error)\n",
        "wrong",
    ),
    # What is written is not the whole order.
    "half-record": Breakage(
        "dynamodb.py",
        "                Item=_item(record),\n",
        '                Item=_item(record) | {"lines": {"S": "[]"}},\n',
        "wrong",
    ),
}


def overlay(name: str, directory: Path) -> Path:
    """Write the broken module below `directory`; returns the overlay for the artifact's builder.

    Raises UsageError where there is no such breakage or the source no longer has its piece once.
    """
    if name not in BREAKAGES:
        raise UsageError(f"There is no breakage '{name}': choose one of {', '.join(BREAKAGES)}.")
    breakage = BREAKAGES[name]
    source = (SOURCE / breakage.module).read_text(encoding="utf-8")
    if source.count(breakage.old) != 1:
        raise UsageError(
            f"Breakage '{name}' no longer fits {breakage.module}: bring {__name__} up to date."
        )
    package = directory / "order_processor"
    package.mkdir(parents=True, exist_ok=True)
    (package / breakage.module).write_text(
        source.replace(breakage.old, breakage.new), encoding="utf-8"
    )
    return directory
