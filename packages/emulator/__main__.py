"""`python -m emulator`."""

import sys

from console import closed_output

from emulator.cli import main

if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
