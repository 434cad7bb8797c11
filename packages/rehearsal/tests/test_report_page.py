"""The page: self-contained, well-formed, and the same story whatever part was not reached."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reporting.tests.page_reader import Page, colours, loads

from rehearsal.report.model import Gate, Series, Step, Verdict
from rehearsal.report.page import render
from rehearsal.tests.report_sample import EARLY, REPORT, SERIES, alarm, document, event_counts

EVIL = "<script>alert('x')</script> & \"quoted\""


def test_the_page_is_well_formed() -> None:
    """Elements nest, ids are unique, and what is referred to exists."""
    page = Page(render(REPORT.to_json(), SERIES))
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)


def test_the_page_needs_nothing_else() -> None:
    """No script, and no reference that would make a browser load something."""
    html = render(REPORT.to_json(), SERIES)
    assert loads(html) == []


@pytest.mark.parametrize("verdict", ["pass", "fail", "inconclusive"])
def test_the_banner_says_the_verdict_and_why(verdict: Verdict) -> None:
    """The verdict stands in words, in the title, and with its reason."""
    headline = f"{verdict.capitalize()}: a step"
    html = render(document(verdict=verdict, headline=headline, why="Because of that."), SERIES)
    text = " ".join(Page(html).text)
    assert f"Release rehearsal: {headline}" in text
    assert "Because of that." in text


def test_the_page_says_what_a_pass_of_its_gate_rules_out() -> None:
    """It is less than what a release's pass does (docs/adr/0014)."""
    text = " ".join(Page(render(REPORT.to_json(), SERIES)).text)
    assert "a pass rules out that 5 % of the candidate's events fail" in text


def test_what_was_not_reached_is_not_shown_as_zero() -> None:
    """A rehearsal that ended early says what is missing and shows no figure for it."""
    page = Page(render(EARLY.to_json(), Series()))
    text = " ".join(page.text)
    assert page.open == []
    assert "ended before events were reconciled" in text
    assert "ended before the gate decided" in text
    assert "nothing was measured" in text
    assert not re.search(r"\b0\s+of", text)


def test_events_that_do_not_add_up_are_pointed_at() -> None:
    """Events that were sent and are in no row are shown as unexplained."""
    events = event_counts(sent=10, confirmed=6, rejected=1, throttled=1)
    assert "unexplained" in render(document(events=events), SERIES)
    assert "unexplained" not in render(REPORT.to_json(), SERIES)


def test_an_unread_alarm_is_not_green() -> None:
    """Only OK looks like a pass; lacking data looks like doubt."""
    gate = Gate("inconclusive", 0, (alarm("errors", "INSUFFICIENT_DATA"),))
    html = render(document(gate=gate), SERIES)
    assert '<span class="pill inconclusive">INSUFFICIENT_DATA</span>' in html


@settings(max_examples=20)
@given(st.text(max_size=40))
def test_text_from_the_run_cannot_become_markup(text: str) -> None:
    """Whatever a step saw, the page stays well-formed and holds no element of the text's own."""
    steps = (Step(text + EVIL, "pass", 1.0, EVIL + text),)
    html = render(document(headline=EVIL, why=text + EVIL, steps=steps), SERIES)
    assert "<script" not in html
    assert Page(html).open == []


def test_both_colour_schemes_and_paper_have_colours() -> None:
    """Every custom property that is used is set for light, dark and print."""
    used, light, dark, paper = colours(render(REPORT.to_json(), SERIES))
    assert used <= light
    assert light - dark == set()
    assert paper >= used - {"--area", "--band"}
