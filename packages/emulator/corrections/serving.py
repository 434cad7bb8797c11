"""What MiniStack's handlers of services take and give."""

from __future__ import annotations

import json
from typing import Any, Protocol

Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


class Serve(Protocol):
    """A service's handler, as MiniStack has it; names of headers are lower case."""

    async def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], /
    ) -> Answer:
        """Answer a request that is authorized."""
        ...


class RefusedError(Exception):
    """What storage refused: its own answer goes to the client."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer[0])
        self.answer = answer


def is_object(text: str) -> bool:
    """Whether a document is a JSON object, as every policy is."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
