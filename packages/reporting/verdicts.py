"""How verdicts are written: alike on every page, in Markdown and on a terminal."""

SIGNS = {"pass": "✓", "fail": "✕", "skipped": "–", "inconclusive": "?", "invalid": "?"}
"""On a page, before the word."""

EMOJI = {"pass": "✅", "fail": "❌", "inconclusive": "❔", "invalid": "❔", "skipped": "➖"}
"""In Markdown, which has no colours."""

STATUS = {"pass": "ok", "fail": "FAILED", "skipped": "skipped"}
"""On a terminal, of one of several steps: what did not hold stands out."""


def held(value: bool | None) -> str:
    """Return the verdict on something that held, did not, or could not be judged."""
    return "skipped" if value is None else "pass" if value else "fail"


def heading(verdict: str) -> str:
    """Return a verdict as the first word of a line on a terminal."""
    return verdict.upper()
