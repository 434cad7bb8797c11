"""`python -m loadtest`."""

import sys

from loadtest.cli import main
from sandbox import closed_output

if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
