"""How the suites ended when they were last run whole: for docs/emulator-fidelity.md."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(__file__).with_name("counts.json")


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one folder of a suite's tests, at a commit of its repository."""

    commit: str
    passed: int
    out_of_scope: int
    failed: int

    @classmethod
    def of(cls, commit: str, endings: Iterable[str]) -> Counts:
        """Count how tests ended: `passed`, `out of scope` or `failed`."""
        found = Counter(endings)
        return cls(commit, found["passed"], found["out of scope"], found["failed"])


def load() -> dict[str, Counts]:
    """Return the counts of each folder, as `suite: folder`."""
    kept = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return {folder: Counts(**counts) for folder, counts in kept.items()}


def keep(folder: str, counts: Counts) -> None:
    """Put a folder's counts in place of those before."""
    kept = {name: asdict(each) for name, each in (load() | {folder: counts}).items()}
    FILE.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")
