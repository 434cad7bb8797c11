"""A service made from the template stands beside the others, or is not made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from service.creation import create
from service.declaration import load_all

if TYPE_CHECKING:
    from pathlib import Path


def test_one_whose_names_another_may_have_is_not_made(tmp_path: Path) -> None:
    """`orders` on the stack `eu-dev` would be called as `orders_eu` on `dev`: nothing is left."""
    create("orders_eu", tmp_path)
    with pytest.raises(UsageError, match="'orders' and 'orders-eu'"):
        create("orders", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["orders_eu"]
    create("invoices", tmp_path)
    assert [service.name for service in load_all(tmp_path)] == ["invoices", "orders_eu"]
