"""The record of a rehearsal's steps."""

import io

import pytest

from rehearsal.journal import Journal, StepError


@pytest.fixture
def journal() -> Journal:
    """A journal that writes into memory."""
    return Journal(total=3, stream=io.StringIO())


def fail(journal: Journal, sentence: str) -> None:
    """Run a step that does not hold."""
    with journal.step("gate"):
        raise StepError(sentence)


def test_a_step_that_holds_is_recorded_with_what_it_saw(journal: Journal) -> None:
    """The text set inside the step becomes the record's."""
    with journal.step("deploy") as seen:
        seen.text = "version 2"
    (step,) = journal.steps
    assert (step.name, step.status, step.seen) == ("deploy", "pass", "version 2")
    assert not journal.failed


def test_a_step_that_does_not_hold_is_recorded_and_the_rehearsal_goes_on(journal: Journal) -> None:
    """A StepError stops at the step; its sentence is kept."""
    fail(journal, "two alarms are in ALARM")
    assert journal.failed
    assert journal.steps[0].seen == "two alarms are in ALARM"


def test_an_unexpected_error_is_recorded_and_passes_through(journal: Journal) -> None:
    """A defect of the rehearsal itself is never taken for a step's result."""
    with pytest.raises(KeyError), journal.step("load"):
        raise KeyError("events")
    assert [step.status for step in journal.steps] == ["fail"]


def test_progress_is_told_while_it_happens(journal: Journal) -> None:
    """Each step is announced before it runs, with its place among all."""
    assert isinstance(journal.stream, io.StringIO)
    with journal.step("build"):
        assert journal.stream.getvalue().strip() == "[ 1/3] build"
    journal.skip("promote", "the gate failed")
    assert "[ 2/3] promote" in journal.stream.getvalue()
    assert "skipped" in journal.stream.getvalue()
