from __future__ import annotations

import pytest
from order_processor import settings
from order_processor.settings import Settings, SettingsError


def test_reads_the_table_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default from this process's environment."""
    monkeypatch.setenv("ORDERS_TABLE_NAME", "orders")
    assert settings.load() == Settings("orders")


@pytest.mark.parametrize("environment", [{}, {"ORDERS_TABLE_NAME": ""}])
def test_says_what_to_set(environment: dict[str, str]) -> None:
    """A missing setting names itself."""
    with pytest.raises(SettingsError, match="ORDERS_TABLE_NAME"):
        settings.load(environment)


def test_knows_an_execution_environment() -> None:
    """Lambda sets the address of its Runtime API."""
    assert settings.in_lambda({"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"})
    assert not settings.in_lambda({})


def test_knows_its_function() -> None:
    """Outside Lambda it has none, and metrics still have a value for the dimension."""
    assert settings.function_name({"AWS_LAMBDA_FUNCTION_NAME": "orders-dev"}) == "orders-dev"
    assert settings.function_name({}) == "none"


def test_knows_that_a_snapshot_is_taken() -> None:
    """Lambda says how an environment starts."""
    kinds = {"snap-start": True, "on-demand": False, "provisioned-concurrency": False}
    for kind, taken in kinds.items():
        assert settings.snapshot_taken({"AWS_LAMBDA_INITIALIZATION_TYPE": kind}) is taken
    assert not settings.snapshot_taken({})
