"""Entry point that the Pulumi engine runs, with this folder as the first place to import from."""

import sys
from pathlib import Path

# The modules import each other as `infra.…`, as the tests do, so the repository's root comes first.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "packages"))

from infra.program import deploy

deploy()
