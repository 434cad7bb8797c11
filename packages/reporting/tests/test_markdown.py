"""Markdown from a run's own text, and the job summary."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from reporting import markdown


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_cell_stays_one_cell(seen: str) -> None:
    """No text from the run can break a Markdown table or become HTML."""
    row = markdown.escape(seen)
    assert "\n" not in row
    assert not any(
        row[place] in "|<`" and row[place - 1 : place] != "\\" for place in range(len(row))
    )


def test_a_table_has_a_line_per_row() -> None:
    """Head, rule, rows, and an empty line that ends the table."""
    lines = list(markdown.table(("a", "b"), [("1", "x|y")]))
    assert lines == ["| a | b |", "| --- | --- |", "| 1 | x\\|y |", ""]


def test_the_job_summary_is_added_to(tmp_path: Path) -> None:
    """A job's summary grows by the report, and nothing is written outside of a job."""
    place = tmp_path / "summary.md"
    place.write_text("before\n", encoding="utf-8")
    assert markdown.summarise("## after\n", {"GITHUB_STEP_SUMMARY": str(place)})
    assert place.read_text(encoding="utf-8") == "before\n## after\n"
    assert not markdown.summarise("## after\n", {})
