"""`lambda-emulator`, or `python -m emulator` where it is not installed."""

import sys

from console import closed_output

from emulator.cli import main


def run() -> int:
    """What the installed command does: emulate AWS until a signal; return the exit status."""
    closed_output.tolerate()
    return main()


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
