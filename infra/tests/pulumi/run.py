"""`python -m infra.tests.pulumi.run PLACE ARGUMENT ...`: deploy on a team's stacks."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from deploy.__main__ import main
from deploy.project import PROJECTS

if __name__ == "__main__":
    place = Path(sys.argv[1])
    tree, outputs = place / "tree", place / "outputs"
    services = replace(
        PROJECTS["services"], directory=tree, outputs=outputs, artifact=place / "artifact"
    )
    bootstrap = replace(
        PROJECTS["bootstrap"], directory=tree / "infra" / "bootstrap", outputs=outputs
    )
    sys.exit(main(sys.argv[2:], {"services": services, "bootstrap": bootstrap}))
