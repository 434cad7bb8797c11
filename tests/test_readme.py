"""The README: short, with two commands and a picture that a slow line shows."""

import re

from console.checkout import ROOT
from rehearsal.stock_machine import commands

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = 120
BYTES = 150_000


def test_it_is_read_in_minutes() -> None:
    """Figures, claims, services and forking have pages of their own."""
    assert len(TEXT.splitlines()) <= LINES
    for page in ("figures", "claims", "services", "forking", "first-release"):
        assert f"](docs/{page}.md)" in TEXT


def test_it_has_two_commands() -> None:
    """A rehearsal and the tests."""
    assert [line.rpartition("&& ")[2] for line in commands()] == ["nox -s rehearse", "nox"]


def test_its_picture_is_there_and_small() -> None:
    """In both colour schemes."""
    pictures = re.findall(r'src(?:set)?="([^"]+)"', TEXT)
    assert len(pictures) == 2
    for name in pictures:
        assert 0 < (ROOT / name).stat().st_size <= BYTES, name
