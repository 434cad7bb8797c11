"""`python -m rehearsal.drills`: run the drills."""

import sys

from rehearsal.drills.cli import main
from sandbox import closed_output

if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
