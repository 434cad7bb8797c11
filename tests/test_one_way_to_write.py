"""Numbers, verdicts and digests are written by `packages/reporting/` alone, in every part."""

import ast
import re
from pathlib import Path

import pytest
from console.checkout import PACKAGES, ROOT

PARTS = (
    "bench/emulator", "bench/handler", "infra", "loadtest", "packages/artifact",
    "packages/deploy", "packages/emulator/cli.py", "packages/engine", "packages/load",
    "packages/rehearsal", "packages/release",
)  # fmt: skip
# What no person reads as a figure, and why.
EXEMPT = {
    "bench/emulator/throttling.py": "the name of an alias",
    "packages/emulator/cli.py": "an option's own digits; installed alone, it has no reporting",
    "packages/load/local.py": "a command's argument",
    "packages/load/report/next_command.py": "a command's argument",
    "packages/release/gate/judge.py": "a command's argument",
    "packages/release/remedy.py": "a command's argument",
    "packages/load/planning/text.py": "a price list's own digits",
    "packages/load/model/quantiles.py": "rounds a key",
}
# A number's precision, thousands or percent sign; a width or an alignment alone is layout.
NUMBER = re.compile(r"[,%]|\.\d|[efgEFG]$")
VERDICT_SIGNS = "✓✕✅❌❔➖"


def modules() -> list[Path]:
    """Return what the parts print with; candidates are changed modules of the service."""
    places = [ROOT / part for part in PARTS]
    found = [
        path
        for place in places
        for path in ([place] if place.is_file() else sorted(place.rglob("*.py")))
    ]
    left_out = {"tests", "candidates", ".venv"}
    return [path for path in found if not left_out & set(path.relative_to(ROOT).parts)]


def formatted(source: str) -> list[str]:
    """Return the format specifications for numbers, in f-strings and in `format` and `%`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            written = ast.unparse(node.format_spec).strip("f'\"")
            found += [written] if NUMBER.search(re.sub(r"\{.*?\}", "", written)) else []
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_part_formats_numbers_itself(path: Path) -> None:
    """Two ways to write the same figure would drift apart."""
    if str(path.relative_to(ROOT)) not in EXEMPT:
        assert formatted(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", EXEMPT)
def test_every_exemption_is_needed(name: str) -> None:
    """One that is not would hide the next figure."""
    assert formatted((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_part_has_signs_of_its_own(path: Path) -> None:
    """A verdict's sign and colour word come from `reporting.verdicts`."""
    text = path.read_text(encoding="utf-8")
    assert [sign for sign in VERDICT_SIGNS if sign in text] == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_part_cuts_digests_itself(path: Path) -> None:
    """`amounts.digest` says how much of one is shown; a cache's key is no digest to show."""
    cut = r"(?:sha\w*|commit|(?<!hex)digest|built|deployed)\W*\[:\d+\]"
    assert re.findall(cut, path.read_text(encoding="utf-8"), re.IGNORECASE) == []


@pytest.mark.parametrize("place", ["load", "rehearsal", "reporting"])
def test_no_page_formats_numbers_itself(place: str) -> None:
    """A template's `format` is for widths of bars alone."""
    for path in (PACKAGES / place).rglob("*.jinja"):
        text = path.read_text(encoding="utf-8")
        for written in re.findall(r'.{0,8}\{\{\s*"%[^}]*\}\}', text):
            assert "width:" in written, f"{path.name}: {written}"


@pytest.mark.parametrize(
    "source", ["f'{x:.1f}'", "f'{x:,}'", "f'{x:.0%}'", "f'{x:g}'", "f'{x:8.2f}'"]
)
def test_a_number_s_format_is_seen(source: str) -> None:
    """Precision, thousands, percent."""
    assert formatted(source)


@pytest.mark.parametrize("source", ["f'{x:<8}'", "f'{x:>{wide}}'", "f'{x}'", "f'{x:03}'"])
def test_layout_is_no_number_s_format(source: str) -> None:
    """Widths and alignments are a table's own."""
    assert not formatted(source)
