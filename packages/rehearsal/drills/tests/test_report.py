"""`report.json`, the table, the job summary and the page tell one story."""

from __future__ import annotations

import json
from typing import Any

from reporting.tests.page_reader import Page, loads

from rehearsal.drills import page, report
from rehearsal.drills.tests.sample import events, row

STARTED = "2026-11-23T09:00:00+00:00"
GOOD, BAD = row(), row(None, events(lost=2), "not seen within 30 s: <b>the alarm</b>")


def document(*rows: Any, faulty: bool = True) -> dict[str, Any]:
    """Return the document as a reader of the file has it."""
    made = report.document(rows, 7, faulty=faulty, started_at=STARTED)
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found


def test_the_document_counts_claims_proofs_and_losses() -> None:
    """Its three figures and a row per drill."""
    found = document(GOOD, BAD)
    assert (found["claims"], found["proved"], found["lost"]) == (2, 1, 2)
    assert [each["proved"] for each in found["drills"]] == [True, False]
    assert found["drills"][0]["detectSeconds"] == 1.5
    assert found["seed"] == 7
    assert found["drills"][0]["timeScale"] == 20.0


def test_losses_that_are_not_known_are_not_zero() -> None:
    """One drill without a reconciliation makes the sum unknown."""
    found = document(GOOD, row(counts=None))
    assert found["lost"] is None
    assert "events lost: unknown" in report.summary(found)


def test_the_table_shows_each_claim_with_its_figures() -> None:
    """Claim, fault, what was seen, seconds and losses stand in the rows."""
    text = " ".join(report.table(document(GOOD, BAD)).split())
    for part in ("storm proved: A storm is", "far too many", "detect 1.5 s, recover 4.0 s, lost 0"):
        assert part in text
    assert "storm NOT PROVED: A storm" in text
    assert "1 of 2 claims proved" in text


def test_the_table_fits_its_width() -> None:
    """No line is wider than the rule, however long a sentence is."""
    long = row(why="a sentence " * 40)
    lines = report.table(document(long)).splitlines()
    assert all(len(line) <= len(lines[0]) for line in lines)


def test_a_run_without_faults_says_so() -> None:
    """So that nobody takes its red rows for a broken safety."""
    found = document(BAD, faulty=False)
    assert "with every fault left out" in report.summary(found)
    assert "with every fault left out" in page.render(found)


def test_the_job_summary_cannot_become_markup() -> None:
    """Text from a run is shown as it is."""
    text = report.markdown(document(GOOD, BAD))
    assert r"\<b\>" in text
    assert "| A storm is told |" in text


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    """Elements nest, ids are unique, nothing is loaded, no markup gets in."""
    html = page.render(document(GOOD, BAD))
    read = Page(html)
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))
    assert loads(html) == []
    assert "<b>" not in html


def test_the_page_says_how_many_claims_are_proved() -> None:
    """In its heading and its title; what was not measured is no zero."""
    text = " ".join(Page(page.render(document(GOOD, row(None, None, "It ended.")))).text)
    assert "1 of 2 claims proved" in text
    assert "unknown" in text
    assert "not reconciled" in text


def test_a_page_without_any_figure_is_drawn() -> None:
    """Where no drill got anywhere, the page still says so."""
    text = " ".join(Page(page.render(document(row(None, None, "It ended.")))).text)
    assert "0 of 1 claims proved" in text
    assert "not measured" in text
