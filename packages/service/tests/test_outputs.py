"""What a deployment leaves of each service."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from console.errors import UsageError
from service import declaration, outputs

if TYPE_CHECKING:
    from pathlib import Path

ONE = {"service": "one", "stack": "dev", "candidateVersion": "2"}
TWO = {"service": "two", "stack": "dev", "candidateVersion": "7"}


def test_each_service_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Flat, for a tool that acts on one of them; what the program exported stays whole beside."""
    outputs.write(tmp_path / "dev", {"one": ONE, "two": TWO, "address": {"a": 1}})
    assert json.loads(outputs.path(tmp_path / "dev", "two").read_text()) == TWO
    assert json.loads((tmp_path / "dev" / "outputs.json").read_text())["one"] == ONE
    assert not (tmp_path / "dev" / "address").exists()


def test_a_service_that_is_gone_leaves_none(tmp_path: Path) -> None:
    """Nobody acts on what the last deployment took away; other files stay."""
    outputs.write(tmp_path, {"one": ONE, "two": TWO})
    (tmp_path / "two" / "preview.md").write_text("kept")
    outputs.write(tmp_path, {"one": ONE})
    assert outputs.path(tmp_path, "one").exists()
    assert not outputs.path(tmp_path, "two").exists()
    assert (tmp_path / "two" / "preview.md").exists()
    outputs.forget(tmp_path)
    assert not list(tmp_path.rglob("outputs.json"))


def test_what_was_left_before_there_were_services_is_no_services() -> None:
    """A flat document, or one service's under another's name."""
    assert outputs.by_service({"candidateVersion": "2", "releaseAlarmNames": ["a"]}) == {}
    assert outputs.by_service({"two": ONE}) == {}


def test_how_outcomes_are_counted_comes_back_as_it_was_declared() -> None:
    """Through a file of JSON; a service that counts none says nothing of it."""
    service = declaration.load("order_processor")
    assert service.outcomes is not None
    written = json.loads(json.dumps(outputs.outcomes_output(service)))
    assert outputs.read_outcomes(written) == service.outcomes
    silent = outputs.outcomes_output(replace(service, outcomes=None))
    assert silent == {}
    assert outputs.read_outcomes(silent) is None
    assert outputs.read_outcomes({"outcomes": None}) is None


@pytest.mark.parametrize("given", ["OrderProcessing", {"namespace": "OrderProcessing"}])
def test_outcomes_that_are_not_whole_are_refused(given: object) -> None:
    """Whoever judges by them would judge by nothing."""
    with pytest.raises(UsageError, match="deploy again"):
        outputs.read_outcomes({"outcomes": given})
