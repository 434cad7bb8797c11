"""`python -m artifact build|verify`: see `--help`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser
from console.errors import UsageError
from reporting.amounts import byte_size

from artifact import manifest
from artifact.build import Request, build, require_python

if TYPE_CHECKING:
    import argparse


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 for done, 1 for a zip that is not its manifest's, 2 for bad input."""
    options = _parser().parse_args(arguments)
    try:
        require_python(sys.version_info[:2])
        return _verify(options.path) if options.command == "verify" else _build(options)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2


def _build(options: argparse.Namespace) -> int:
    described = build(Request(options.out, options.overlay, options.version_label))
    print(f"{options.out / manifest.ZIP_NAME}: {byte_size(described['bytes'])}")
    print(f"sha256 {described['sha256']}")
    return 0


def _verify(path: Path) -> int:
    directory = path if path.is_dir() else path.parent
    stated = manifest.read(directory / manifest.MANIFEST_NAME)
    differences = manifest.differences(stated, directory / manifest.ZIP_NAME)
    print("\n".join(differences) or f"{directory / manifest.ZIP_NAME} is what its manifest says.")
    return 1 if differences else 0


def _parser() -> Parser:
    parser = Parser(prog="python -m artifact", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("build", help="write the zip, its SBOM and its manifest")
    making.add_argument("--out", type=Path, default=Path("build/artifact"), metavar="DIR")
    making.add_argument("--overlay", type=Path, metavar="DIR", help="holds order_processor/...")
    making.add_argument("--version-label", metavar="TEXT", help="put into the code and its logs")
    checking = commands.add_parser(
        "verify", help="check a zip and its SBOM against the manifest beside it"
    )
    checking.add_argument("path", type=Path, help="the zip, or its directory")
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
