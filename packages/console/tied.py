"""`python -m console.tied MODULE ARGUMENTS`: as `python -m MODULE`, but it ends with its parent and
is never silent for long.

nox runs every module of this repository by it, so that nothing goes on after a nox that was killed.
The parent says in `TIED_TO` which process it is: it may be gone before this one can ask. `TIED_AS`
is what a person calls the work.
"""

import os
import runpy
import sys

from console import closed_output, progress
from console.lifelines import die_with

UNWATCHED = {"emulator", "pytest"}
"""One waits for others by design; the other shows its own progress, past our ears."""

if __name__ == "__main__":
    die_with(int(os.environ.pop("TIED_TO")))
    del sys.argv[0]
    name = os.environ.pop("TIED_AS", sys.argv[0])
    closed_output.tolerate()  # before anything is laid over the streams
    if sys.argv[0] in UNWATCHED:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        progress.watch()
        with progress.doing(name):
            runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
