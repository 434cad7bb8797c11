"""The macros that pages share."""

from pathlib import Path

import pytest

from reporting import pages

HERE = Path(__file__).parent
PACKAGES = HERE.parents[1]


def test_a_table_that_scrolls_says_so() -> None:
    """By a sentence that a narrow page shows, a dashed edge, and a name for who cannot see it."""
    made = pages.environment(HERE).from_string(
        '{% from "parts.html.jinja" import scroll %}{% call scroll("Moves") %}<table></table>'
        "{% endcall %}"
    )
    html = made.render()
    assert "scroll this table sideways" in html
    assert 'tabindex="0" role="region" aria-label="Moves, scrolls' in html
    css = (HERE.parent / "base.css").read_text(encoding="utf-8")
    assert ".scroll > table { min-width: 560px; }" in css
    shown = next(line for line in css.splitlines() if ".more { display: block; }" in line)
    assert shown.startswith("@container (max-width: 559px)"), "exactly where the table scrolls"


@pytest.mark.parametrize("place", ["load", "rehearsal"])
def test_no_page_scrolls_a_table_without_the_hint(place: str) -> None:
    """`overflow-x` is the macro's own."""
    for path in [*(PACKAGES / place).rglob("*.jinja"), *(PACKAGES / place).rglob("*.css")]:
        text = path.read_text(encoding="utf-8")
        assert "overflow-x" not in text, path.name
        assert 'class="scroll"' not in text, path.name
