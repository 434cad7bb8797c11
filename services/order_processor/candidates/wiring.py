"""The service's wiring as every candidate has it: whatever is wrong with one, its class says."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from order_processor import candidate, dynamodb, settings

if TYPE_CHECKING:
    from order_processor.repository import OrderRepository


@functools.cache
def orders() -> OrderRepository:
    """Return the order store of this execution environment, connected and primed."""
    repository = candidate.Candidate(dynamodb.connect(), settings.load().table_name)
    repository.prime()
    return repository
