"""`python -m rehearsal.drills`: run the drills."""

import sys

from console import closed_output

from rehearsal.drills.cli import main

if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
