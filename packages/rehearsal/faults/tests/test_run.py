"""A short run with a fixed seed against the deployed stack, and one against a broken service."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal.faults.kinds import KINDS
from rehearsal.faults.run import run
from rehearsal.faults.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="faults need /proc")
EVENTS = 300


def made(directory: Path, **changes: Any) -> dict[str, Any]:
    """Make a run at little concurrency; return its report."""
    settings = Settings(events=EVENTS, clients=10, lanes=2, directory=directory, **changes)
    report = run(settings, lambda _: None)
    assert report.passed or report.settings.broken, report.text()
    found: dict[str, Any] = json.loads((directory / "report.json").read_text())
    return found


def test_every_event_has_exactly_one_effect(tmp_path: Path) -> None:
    """Every kind of fault happens, and nothing is lost, doubled or wrong."""
    report = made(tmp_path)
    counts = report["all"]
    assert set(report["kinds"]) == set(KINDS)
    assert counts["events"] == EVENTS
    assert (counts["lost"], counts["doubled"], counts["wrong"]) == (0, 0, 0)
    ends = ("confirmed", "rejected", "deadLettered", "errors")
    assert sum(counts[end] for end in ends) == EVENTS


def test_an_unconditional_write_is_found(tmp_path: Path) -> None:
    """The run fails where the service is broken: repeated deliveries write again."""
    report = made(tmp_path, only="repeated-at-once", broken="unconditional-put")
    assert report["verdict"] == "fail"
    assert report["all"]["doubled"] > 0
