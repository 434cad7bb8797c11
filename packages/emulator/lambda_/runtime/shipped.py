"""What the Lambda Python runtime itself ships, and nothing else of this installation."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from console.errors import UsageError

DISTRIBUTIONS = (
    "awslambdaric",
    "simplejson",
    "snapshot_restore_py",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "urllib3",
    "python_dateutil",
    "six",
)


def assemble(directory: Path) -> Path:
    """Link the top-level entries of the runtime's distributions into `directory`; returns it.

    The counterpart of `/var/runtime`: boto3 with what it needs, the runtime interface client, and
    what starts it (Lambda Developer Guide, lambda-python). Raises `UsageError` when one is not
    installed.
    """
    directory.mkdir(parents=True)
    for name in DISTRIBUTIONS:
        for source in _top_level(name):
            (directory / source.name).symlink_to(source)
    bootstrap = Path(__file__).with_name("lambda_bootstrap.py")
    (directory / bootstrap.name).symlink_to(bootstrap)
    return directory


def _top_level(name: str) -> list[Path]:
    try:
        found = distribution(name)
    except PackageNotFoundError as error:
        raise UsageError(
            f"The package {name} is missing: install lambda-emulator again, with what it needs."
        ) from error
    entries = {file.parts[0] for file in found.files or () if file.parts}
    return [
        path
        for entry in sorted(entries)
        if entry not in {"..", "__pycache__"}
        and (path := Path(str(found.locate_file(entry)))).exists()
    ]
