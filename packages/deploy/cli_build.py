"""`python -m deploy.cli_build`: builds the Pulumi CLI that locks/pulumi/ pins, with Go."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time

from console import closed_output, lifelines
from console.checkout import ROOT
from reporting import amounts

MODULE = ROOT / "locks" / "pulumi"
BUILT = ROOT / "build" / "tools" / "pulumi"
_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_SECONDS_BETWEEN_LINES = 5


def main() -> int:
    """Build it: 0 done, 1 Go failed, 2 there is no Go. What Go has in its cache takes seconds."""
    if not shutil.which("go"):
        print("Go is not on PATH: install it, or the Pulumi CLI itself.", file=sys.stderr)
        return 2
    version = pinned()
    print(f"Building the Pulumi CLI {version}; the first time takes minutes.", flush=True)
    command = ["go", "build", "-v", "-trimpath", "-o", str(BUILT)]
    flags = ["-ldflags", f"-s -w -X {_VERSION}={version}"]
    started = said = time.monotonic()
    lines: list[str] = []
    with lifelines.tied(
        [*command, *flags, _PACKAGE], cwd=MODULE, stderr=subprocess.PIPE, text=True
    ) as go:
        for line in go.stderr or ():
            lines.append(line.strip())
            if time.monotonic() - said > _SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                print(
                    f"{amounts.seconds(said - started)}, {len(lines)} packages: {lines[-1]}",
                    flush=True,
                )
    if go.returncode:
        print("\n".join(lines[-20:]), file=sys.stderr)
        return 1
    print(
        f"{BUILT.relative_to(ROOT)} after {amounts.seconds(time.monotonic() - started)}", flush=True
    )
    return 0


def pinned() -> str:
    """Return the CLI's version, such as v3.274.1, as go.mod has it."""
    module = _PACKAGE.removesuffix("/cmd/pulumi")
    found = re.search(rf"{re.escape(module)} (v\S+)", (MODULE / "go.mod").read_text("utf-8"))
    if found is None:
        raise ValueError(f"{MODULE / 'go.mod'} does not pin {module}")
    return found[1]


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main())
