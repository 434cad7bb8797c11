"""Stack files, read without Pulumi.

`python -m infra.stack_file [STACK]` prints the Python that AWS runs, such as `3.13`; nothing for a
stack that runs whichever Python built its artifact.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import yaml
from console import closed_output
from console.checkout import ROOT
from console.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

STACKS = ROOT / "infra" / "stacks"
PROJECT = "order-processing"
MANIFEST_RUNTIME = "manifest"
"""Value of `runtime` that stands for the runtime named in the artifact's manifest."""


SERVICE_KEYS = (
    "memoryMb",
    "timeoutSeconds",
    "snapStart",
    "reservedConcurrency",
    "warmWritesPerSecond",
    "releaseDurationMs",
    "releaseThrottlePercent",
    "throttledPercent",
    "rejectedPercent",
)
"""What a stack file may say for all services, or for one under `services`."""


def main(arguments: Sequence[str]) -> int:
    """Print the Python of one stack, or of all that meet AWS; 2 where these differ."""
    try:
        print(python(arguments[0] if arguments else None))
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def python(stack: str | None) -> str:
    """Return the Python that an artifact for the stack is built for, or for all that meet AWS.

    Empty where any will do; raises UsageError for a stack that there is not, and where they differ.
    """
    runtimes = {name: runtime(name) for name in ([stack] if stack else known())}
    if len(set(runtimes.values())) > 1:
        said = ", ".join(f"{name} {each}" for name, each in runtimes.items())
        raise UsageError(f"The stacks run different Pythons ({said}): nox -s build -- STACK.")
    found = next(iter(runtimes.values()))
    return "" if found == MANIFEST_RUNTIME else found.removeprefix("python")


def known() -> list[str]:
    """The names of all stacks that meet AWS; one that runs on whatever Python built its artifact
    is for rehearsals."""
    names = sorted(path.name.split(".")[1] for path in STACKS.glob("Pulumi.*.yaml"))
    return [name for name in names if runtime(name) != MANIFEST_RUNTIME]


def runtime(stack: str) -> str:
    """Return the stack's `runtime`; UsageError if there is no such stack."""
    return str(raw(stack)["runtime"])


def raw(stack: str) -> dict[str, str | None]:
    """Return a stack's values, defaults included, as Pulumi hands them to the program.

    UsageError if there is no such stack.
    """
    path = STACKS / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        raise UsageError(f"There is no stack '{stack}': choose one of {', '.join(known())}.")
    project: Any = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    given: Any = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    defaults = {key: declared.get("default") for key, declared in project["config"].items()}
    values = {
        key: as_text(given.get(f"{PROJECT}:{key}", defaults.get(key)))
        for key in (*defaults, *SERVICE_KEYS, "services")
    }
    return values | {"aws:region": as_text(given.get("aws:region"))}


def as_text(value: object) -> str | None:
    """A configuration value as Pulumi hands it to the program."""
    if value is None:
        return None
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    closed_output.tolerate()
    sys.exit(main(sys.argv[1:]))
