"""`python -m loadtest.local SCENARIO [--service NAME] [options of run]`: loads the emulated AWS."""

import sys

from console import closed_output
from load import local

from loadtest.scenarios import LOAD_TESTS

if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(local.main(LOAD_TESTS, sys.argv[1:]))
