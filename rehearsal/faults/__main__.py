"""`python -m rehearsal.faults`: exactly one effect per order, whatever fails."""

import sys

from rehearsal.faults.cli import main
from sandbox import closed_output

if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
