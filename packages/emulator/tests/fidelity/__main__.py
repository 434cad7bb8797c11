"""`python -m emulator.tests.fidelity`: run the marked tests and write their table."""

import sys

import pytest
from console import closed_output
from console.checkout import ROOT
from emulator.tests.fidelity.catalogue import load
from emulator.tests.fidelity.marks import TESTS, marked
from emulator.tests.fidelity.outcomes import Outcomes, statuses
from emulator.tests.fidelity.table import render

PAGE = ROOT / "docs" / "emulator-fidelity.md"


def main(arguments: list[str]) -> int:
    """Write the page once every marked test has run, held or not; pytest's exit status.

    After less than that, such as `--help` or `-k name`, the page stays as it was.
    """
    outcomes, tests = Outcomes(), marked()
    chosen = ["-m", "behaviour", "-q", str(TESTS), *arguments]
    status = pytest.main(chosen, plugins=[outcomes])
    left = {test for own in tests.values() for test in own} - outcomes.tests.keys()
    if left:
        print(f"{PAGE.name} stays as it was: {len(left)} of the tests behind it did not run.")
        return int(status)
    PAGE.write_text(render(load(), tests, statuses(tests, outcomes.tests)), encoding="utf-8")
    print(f"Wrote {PAGE}.")
    return int(status)


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
