"""`python -m artifact build|verify`: see `--help`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from console import closed_output
from console.arguments import Parser
from console.errors import UsageError
from reporting.amounts import byte_size
from service import declaration

from artifact import levers, manifest
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
    named = options.service or (declaration.default() if options.overlay else None)
    for service in [declaration.load(named)] if named else declaration.load_all():
        out = options.out / service.name
        described = build(
            Request(
                service, out, options.overlay, options.version_label, options.architecture,
                skipped=options.skip,
            )
        )  # fmt: skip
        print(f"{out / service.zip_name}: {byte_size(described['bytes'])}")
        print(f"sha256 {described['sha256']}")
        for path in described["git"]["untracked"]:
            print(f"Not in the zip, since git does not know it: {path}", file=sys.stderr)
    return 0


def _verify(path: Path) -> int:
    """Check every artifact below a directory, or the one that the file is of."""
    directories = [each.parent for each in sorted(path.rglob(manifest.MANIFEST_NAME))]
    found = 0
    for directory in directories or [path if path.is_dir() else path.parent]:
        stated = manifest.read(directory / manifest.MANIFEST_NAME)
        archive = directory / stated["artifact"]
        differences = manifest.differences(stated, archive)
        print("\n".join(differences) or f"{archive} is what its manifest says.")
        found += len(differences)
    return int(bool(found))


def _parser() -> Parser:
    parser = Parser(prog="python -m artifact", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("build", help="write the zip, its SBOM and its manifest")
    making.add_argument(
        "--out", type=Path, default=Path("build/artifact"), metavar="DIR",
        help="gets a folder per service",
    )  # fmt: skip
    making.add_argument("--service", metavar="NAME", help="all there are, unless named")
    making.add_argument("--overlay", type=Path, metavar="DIR", help="holds files of the package")
    making.add_argument(
        "--architecture", choices=("x86_64", "arm64"), default="x86_64",
        help="of machine code in the libraries; without any the zip runs on both",
    )  # fmt: skip
    making.add_argument("--version-label", metavar="TEXT", help="put into the code and its logs")
    skipping = making.add_mutually_exclusive_group()
    skipping.add_argument(
        "--skip", type=levers.read, default=frozenset(), metavar="LEVER,...",
        help="; ".join(f"{name}: {what}" for name, what in levers.LEVERS.items()),
    )  # fmt: skip
    skipping.add_argument(
        "--plain", action="store_const", dest="skip", const=levers.ALL,
        help="skip all of them: libraries as they come, which starts later",
    )  # fmt: skip
    checking = commands.add_parser(
        "verify", help="check a zip and its SBOM against the manifest beside it"
    )
    checking.add_argument("path", type=Path, help="a zip, its folder, or the folder of all")
    return parser


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
