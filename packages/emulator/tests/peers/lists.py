"""What is known of single tests: `out_of_scope.toml` and `known.toml`, by suite and reason."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Listed:
    """Patterns of test ids, each with its reason; `*` stands for any text.

    A pattern begins below `tests/`, and names all parameters of a test where it names none.
    """

    reasons: dict[str, str]

    @classmethod
    def read(cls, file: str, suite: str) -> Listed:
        """Read a suite's part of a list."""
        document = tomllib.loads((_HERE / file).read_text(encoding="utf-8"))
        own = document.get(suite, {})
        return cls({pattern: reason for reason, patterns in own.items() for pattern in patterns})

    def pattern(self, test: str) -> str | None:
        """Return the first pattern that names a test."""
        below = test.removeprefix("tests/")
        return next((each for each in self.reasons if _names(each, below)), None)


def _names(pattern: str, test: str) -> bool:
    expression = ".*".join(map(re.escape, pattern.split("*")))
    return any(re.fullmatch(expression, text) for text in (test, test.partition("[")[0]))
