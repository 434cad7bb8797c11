"""Where this checkout lies: what reads or leaves files of the repository starts from here."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ROOT / "packages"
"""What a fork never edits."""

IMPORTED_FROM: Final = f"{ROOT}:{PACKAGES}"
"""The PYTHONPATH under which every module of the repository is found."""
