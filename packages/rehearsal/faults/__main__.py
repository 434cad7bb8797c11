"""`python -m rehearsal.faults`: exactly one effect per event, whatever fails."""

import sys

from console import closed_output

from rehearsal.faults.cli import main

if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
