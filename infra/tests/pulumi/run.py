"""`python -m infra.tests.pulumi.run PLACE ARGUMENT ...`: deploy on a team's stacks."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from deploy.__main__ import main
from deploy.project import PROJECTS

if __name__ == "__main__":
    place = Path(sys.argv[1])
    processor = replace(
        PROJECTS["processor"],
        directory=place / "tree",
        outputs=place / "outputs",
        artifact=place / "artifact",
    )
    sys.exit(main(sys.argv[2:], PROJECTS | {"processor": processor}))
