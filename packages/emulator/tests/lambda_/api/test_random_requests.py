"""Random requests, shaped by the service model: each has an answer, none breaks the emulator."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from emulator.lambda_.api.control import HANDLERS
from emulator.lambda_.api.routes import Routes
from emulator.tests.lambda_client import bench
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from emulator.tests.lambda_client import Bench

OPERATIONS = [operation for operation in Routes().operations if operation.name in HANDLERS]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "ZipFile",
                    "Variables",
                    "AdditionalVersionWeights",
                    "OnFailure",
                    "Destination",
                    "2",
                ]
            ),
            children,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """One for all requests: making it takes longer than answering."""
    return bench(tmp_path_factory.mktemp("code"))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_no_request_is_beyond_an_answer(
    account: Bench, operation: OperationModel, data: st.DataObject
) -> None:
    """Whatever the members hold, the answer is a success or AWS's kind of refusal."""
    shape = operation.input_shape
    members = shape.members if shape is not None else {}
    text = st.sampled_from(["orders", "live", "1", "$LATEST", "ü?", "a" * 150]) | st.text(
        st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=9
    )
    if "orders" not in account.registry.functions:
        account.create()
        account.client.publish_version(FunctionName="orders")
    located = {n: m.serialization.get("location") for n, m in members.items()}
    path, _, fixed = operation.http["requestUri"].partition("?")
    for member in (n for n, place in located.items() if place == "uri"):
        path = path.replace(f"{{{member}}}", _quoted(data.draw(text)))
    query = "&".join(
        f"{members[n].serialization['name']}={_quoted(data.draw(text))}"
        for n, place in located.items()
        if place == "querystring" and data.draw(st.booleans())
    )
    in_body = [n for n, place in located.items() if place is None]
    body = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(in_body, JSON)))
    response = account.request(operation.http["method"], f"{path}?{fixed}{query}", _json(body))
    assert response.status < 500 or response.status == 501


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()
