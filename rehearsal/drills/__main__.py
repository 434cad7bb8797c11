"""`python -m rehearsal.drills`: run the drills."""

import sys

from rehearsal.drills.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
