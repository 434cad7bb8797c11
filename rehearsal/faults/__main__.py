"""`python -m rehearsal.faults`: exactly one effect per order, whatever fails."""

import sys

from rehearsal.faults.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
