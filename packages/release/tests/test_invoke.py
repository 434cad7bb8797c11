"""One event to the alias."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from console.checkout import ROOT

from release.lambda_adapter import Invocation
from release.tests.test_cli import Shell

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = ROOT / "services/order_processor/example-order.json"


def test_the_example_order_is_confirmed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the version behind the alias, at the total that its lines come to."""
    shell = Shell(tmp_path)
    assert shell("invoke", str(EXAMPLE)) == 0
    told = capsys.readouterr().out
    answer = json.loads(told[told.index("{") :])
    assert (answer["orderId"], answer["status"]) == ("example-1", "confirmed")


def test_a_function_that_fails_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1 with the function's own error."""
    shell = Shell(tmp_path)
    shell.functions.answer = lambda *_: Invocation(None, "1", error="Unhandled: KeyError: 'sku'")
    assert shell("invoke", str(EXAMPLE)) == 1
    assert "KeyError" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "{"])
def test_what_is_no_event_is_not_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    """A missing file or one that is no JSON: one sentence, exit 2."""
    shell = Shell(tmp_path)
    shell.functions.answer = lambda *_: pytest.fail("it was sent")
    event = tmp_path / "event.json"
    if content is not None:
        event.write_text(content)
    assert shell("invoke", str(event)) == 2
    assert "event.json" in capsys.readouterr().err
