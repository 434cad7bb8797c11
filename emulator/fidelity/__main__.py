"""`python -m emulator.fidelity`: run the marked tests and write their table."""

import sys
from pathlib import Path

import pytest

from emulator.fidelity.catalogue import load
from emulator.fidelity.marks import TESTS, marked
from emulator.fidelity.outcomes import Outcomes, statuses
from emulator.fidelity.table import render

PAGE = Path(__file__).parents[2] / "docs" / "emulator-fidelity.md"


def main(arguments: list[str]) -> int:
    """Write the page whatever the tests say; pytest's exit status (0: every row held)."""
    outcomes, tests = Outcomes(), marked()
    chosen = ["-m", "behaviour", "-q", str(TESTS), *arguments]
    status = pytest.main(chosen, plugins=[outcomes])
    PAGE.write_text(render(load(), tests, statuses(tests, outcomes.tests)), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(Path.cwd())}.")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
