"""Nothing of a customer's but ids leaves the deployed function, at whatever level it logs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from console.checkout import ROOT
from console.processes import Children
from emulator.tests.running import wait_until
from sandbox.stack import Stack

from services.order_processor.tests.orders import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

CUSTOMER, SKU, PRICE, DAY = "the-customer", "the-sku", "777.77", "2024-12-24"
LINE = {"sku": SKU, "quantity": 1, "unitPrice": PRICE}
SECRETS = [
    CUSTOMER,
    SKU,
    PRICE,
    DAY,
    "Authorization",
    "Signature",
    "SecurityToken",
    "Security-Token",
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack `local`, deployed."""
    directory = tmp_path_factory.mktemp("private")
    with Children(ROOT, directory) as children:
        deployed = Stack(children, directory)
        deployed.start()
        deployed.build(directory / "artifact")
        deployed.deploy(directory / "artifact")
        yield deployed


@pytest.mark.parametrize(
    "logging",
    [
        {"LogFormat": "Text"},
        *(
            {"LogFormat": "JSON", "ApplicationLogLevel": level, "SystemLogLevel": "DEBUG"}
            for level in ("TRACE", "DEBUG", "INFO", "ERROR")
        ),
    ],
    ids=lambda logging: logging.get("ApplicationLogLevel", "text"),
)
def test_the_whole_log_has_nothing_but_ids(stack: Stack, logging: dict[str, str]) -> None:
    """Confirmed, repeated, rejected, in conflict; every line that the function wrote."""
    client = stack.client("lambda")
    name = stack.outputs["lambdaFunctionName"]
    settings = {"POWERTOOLS_LOG_LEVEL": "DEBUG", "POWERTOOLS_LOGGER_LOG_EVENT": "true"}
    now = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=name, LoggingConfig=logging, Environment={"Variables": now | settings}
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    order_id = "order-" + logging.get("ApplicationLogLevel", "text")
    order = changed(
        orderId=order_id, customerId=CUSTOMER, lines=[LINE], placedAt=f"{DAY}T11:11:11Z"
    )
    events = [order, order, order | {"currency": "EUR", "lines": [LINE, LINE]}, order | {SKU: 1}]
    answers = [_answer(client, name, event) for event in events]
    assert [answer["status"] for answer in answers] == ["confirmed"] * 2 + ["rejected"] * 2
    logs, group = stack.client("logs"), stack.outputs["logGroupName"]
    if logging.get("ApplicationLogLevel") != "ERROR":  # lines arrive after their answer
        wait_until(lambda: sum(order_id in line for line in _log(logs, group)) >= len(events))
    said = _log(logs, group)
    assert [line for line in said for secret in SECRETS if secret in line] == []


def _answer(client: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    payload = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())["Payload"]
    answer: dict[str, Any] = json.loads(payload.read())
    return answer


def _log(client: Any, group: str) -> list[str]:
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"]]
