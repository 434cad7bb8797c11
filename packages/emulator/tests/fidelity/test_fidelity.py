"""The fidelity table: complete, and the committed page is what the catalogue and the tests say."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from emulator.tests.fidelity import __main__ as fidelity
from emulator.tests.fidelity.catalogue import behaviours, load
from emulator.tests.fidelity.marks import marked
from emulator.tests.fidelity.outcomes import BROKEN, HELD, NOT_RUN, Outcomes, statuses
from emulator.tests.fidelity.table import render

ROWS = behaviours(load())
TESTS = marked()


def test_every_behaviour_in_scope_names_a_test() -> None:
    """And no test holds what is out of scope."""
    inside = {name for name, row in ROWS.items() if not row.out}
    assert sorted(inside - set(TESTS)) == []
    assert sorted(set(TESTS) & (set(ROWS) - inside)) == []


def test_every_mark_names_a_row() -> None:
    """A mistyped id would hold nothing."""
    assert sorted(set(TESTS) - set(ROWS)) == []


def test_ids_are_in_order_within_their_section() -> None:
    """A reader finds a row by its id."""
    for section in load():
        numbers = [int(row.id[1:]) for row in section.behaviours]
        assert numbers == sorted(numbers)


def test_the_committed_page_is_up_to_date() -> None:
    """It is what `nox -s fidelity` writes when every test holds."""
    page = render(load(), TESTS, dict.fromkeys(TESTS, HELD))
    assert fidelity.PAGE.read_text(encoding="utf-8") == page, "run `nox -s fidelity`"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-k", "test_that_there_is_not"], ["--collect-only"]]
)
def test_the_page_is_written_after_a_full_run_only(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a filtered run saw is not what the emulator holds."""
    page = tmp_path / "page.md"
    page.write_text("kept")
    monkeypatch.setattr(fidelity, "PAGE", page)
    monkeypatch.setattr(fidelity, "TESTS", Path(__file__))
    fidelity.main(["-p", "no:cacheprovider", *arguments])
    assert page.read_text() == "kept"


def test_a_full_run_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether each test held or not."""
    page, tests = tmp_path / "page.md", tmp_path / "tests"
    tests.mkdir()
    (tests / "test_one.py").write_text(
        "import pytest\n\n"
        '@pytest.mark.behaviour("I1")\ndef test_held(): ...\n\n'
        '@pytest.mark.behaviour("I2")\ndef test_broken(): assert False\n'
    )
    monkeypatch.setattr(fidelity, "PAGE", page)
    monkeypatch.setattr(fidelity, "TESTS", tests)
    monkeypatch.setattr(fidelity, "marked", lambda: marked(tests))
    assert fidelity.main(["-p", "no:cacheprovider"]) == 1
    rows = {line.split()[1]: line for line in page.read_text().splitlines() if line[:3] == "| I"}
    assert rows["I1"].endswith("held |")
    assert rows["I2"].endswith("broken |")


def test_marks_are_read_from_tests(tmp_path: Path) -> None:
    """Each id of each decorator, in files that hold tests."""
    source = (
        "import pytest\n\n"
        '@pytest.mark.parametrize("x", [1])\n@pytest.mark.behaviour("A1", "A2")\n'
        "def test_one(x): ...\n\n"
        '@pytest.mark.behaviour("A2")\ndef test_two(): ...\n'
    )
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "test_some.py").write_text(source)
    (tmp_path / "others.py").write_text(source)
    assert marked(tmp_path) == {
        "A1": ["below/test_some.py::test_one"],
        "A2": ["below/test_some.py::test_one", "below/test_some.py::test_two"],
    }


def report(nodeid: str, when: str, outcome: str) -> Any:
    """What pytest reports of one phase."""
    flags = {"failed": outcome == "failed", "passed": outcome == "passed"}
    return SimpleNamespace(nodeid=nodeid, when=when, **flags)


@pytest.mark.parametrize(
    ("phases", "status"),
    [
        ([("setup", "passed"), ("call", "passed")], HELD),
        ([("call", "passed"), ("call", "failed")], BROKEN),
        ([("call", "failed"), ("call", "passed")], BROKEN),
        ([("call", "passed"), ("teardown", "failed")], BROKEN),
        ([("setup", "failed")], BROKEN),
        ([("setup", "skipped")], NOT_RUN),
        ([], NOT_RUN),
    ],
)
def test_one_failing_parameter_breaks_a_row(phases: list[tuple[str, str]], status: str) -> None:
    """A row is held only where a test of it has run and none has failed."""
    outcomes = Outcomes()
    for when, outcome in phases:
        outcomes.pytest_runtest_logreport(
            report("packages/emulator/tests/below/test_a.py::test[x]", when, outcome)
        )
    assert statuses({"A1": ["below/test_a.py::test"]}, outcomes.tests) == {"A1": status}


def test_a_row_that_is_not_held_shows_in_the_page() -> None:
    """Status and count."""
    page = render(load(), TESTS, {**dict.fromkeys(TESTS, HELD), "I1": BROKEN})
    assert " held, 1 not." in page
    assert next(line for line in page.splitlines() if line.startswith("| I1 ")).endswith("broken |")
