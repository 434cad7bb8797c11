"""How the marked tests ended, as a pytest plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pytest

HELD = "held"
BROKEN = "broken"
NOT_RUN = "not run"


class Outcomes:
    """Keeps the worst outcome of each test over its phases and parameters."""

    def __init__(self) -> None:
        self.tests: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in one phase of one test (pytest's hook)."""
        name = report.nodeid.partition("[")[0].rpartition("/tests/")[2]
        if report.failed:
            self.tests[name] = BROKEN
        elif report.when == "call" and report.passed:
            self.tests.setdefault(name, HELD)


def statuses(tests: Mapping[str, Iterable[str]], outcomes: Mapping[str, str]) -> dict[str, str]:
    """The status of each id: broken by one broken test, held only if one test has run."""
    return {name: _status({outcomes.get(t, NOT_RUN) for t in own}) for name, own in tests.items()}


def _status(found: set[str]) -> str:
    if BROKEN in found:
        return BROKEN
    return HELD if HELD in found else NOT_RUN
