"""`python -m loadtest`: `run` loads and judges, `report` judges a run again, `plan` plans."""

import sys

from console import closed_output
from load import cli

from loadtest.scenarios import LOAD_TESTS

if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(cli.main(LOAD_TESTS))
