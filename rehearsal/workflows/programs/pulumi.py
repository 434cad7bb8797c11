"""Stands for the Pulumi CLI: runs the real program through the in-process engine.

The state backend is a directory (`PULUMI_BACKEND_URL=file://...`). `refresh` asks AWS for the
function's settings and the alarms', the resources that people change by hand, and says so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

# The checked-out commit's engine and program, instead of this directory, which has a `pulumi` too.
sys.path[0] = os.fspath(Path.cwd())

from rehearsal.engine import deployment, monitor, project  # noqa: E402
from rehearsal.engine.errors import EngineError  # noqa: E402
from rehearsal.engine.providers import PROVIDERS  # noqa: E402
from rehearsal.engine.providers.base import Aws  # noqa: E402
from rehearsal.engine.state import State  # noqa: E402

if TYPE_CHECKING:
    from pulumi.runtime.proto import resource_pb2

    from rehearsal.engine.state import Properties, Record

# Zip and interpreter are of this machine's Python, whichever the stack names.
OVERRIDES = {"runtime": "manifest"}
UNKNOWN = {"id": "unknown", "arn": "unknown", "version": "unknown"}

FUNCTION = {
    "memorySize": "MemorySize",
    "timeout": "Timeout",
    "handler": "Handler",
    "runtime": "Runtime",
}
ALARM = {
    "threshold": "Threshold",
    "period": "Period",
    "evaluationPeriods": "EvaluationPeriods",
    "datapointsToAlarm": "DatapointsToAlarm",
    "comparisonOperator": "ComparisonOperator",
    "treatMissingData": "TreatMissingData",
}


def main(arguments: list[str]) -> int:
    """Do what was asked; 255 where the real one would fail."""
    options = _parser().parse_args(arguments)
    backend = os.environ.get("PULUMI_BACKEND_URL", "")
    if not backend.startswith("file://"):
        print("error: no credentials for a backend", file=sys.stderr)
        return 255
    if options.command == "whoami":
        print("runner")
        return 0
    directory = Path(backend.removeprefix("file://")) / options.stack
    if options.command == "select":
        directory.mkdir(parents=True, exist_ok=True)
        return 0
    if not directory.is_dir():
        print(f"error: no stack named '{options.stack}' found", file=sys.stderr)
        return 255
    try:
        return int(
            {"output": output, "up": up, "preview": preview, "refresh": refresh}[options.command](
                options.stack, directory
            )
        )
    except EngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 255


def output(_stack: str, directory: Path) -> int:
    """Print the last deployment's outputs, none before the first."""
    path = directory / deployment.OUTPUTS
    print(path.read_text(encoding="utf-8") if path.exists() else "{}")
    return 0


def up(stack: str, directory: Path) -> int:
    """Take over into the state what AWS holds, then deploy: what was changed by hand is mended."""
    loaded = project.load(Path.cwd(), stack, OVERRIDES)
    aws, state = Aws(loaded.region), State.load(directory / deployment.STATE)
    for urn in state.urns():
        record = state.get(urn)
        if record is not None and (held := _differences(aws, record)):
            state.put(urn, replace(record, inputs=record.inputs | held))
    deployment.up(loaded, directory, _say)
    return 0


def preview(stack: str, directory: Path) -> int:
    """Say what a deployment would do: the program is run, nothing is applied."""
    loaded = project.load(Path.cwd(), stack, OVERRIDES)
    with tempfile.TemporaryDirectory() as copy:
        kept = Path(copy) / deployment.STATE
        if (directory / deployment.STATE).exists():
            shutil.copy(directory / deployment.STATE, kept)
        state = State.load(kept)
        previewer = Previewer(Aws(loaded.region), state, _say)
        try:
            deployment.run_program(loaded, previewer)
        except Exception as error:
            raise deployment.sentence(previewer.failure or error) from error
        for urn in set(state.urns()) - set(previewer.registered):
            record = state.get(urn)
            _say("delete", record.type if record else "", record.name if record else urn)
    return 0


def refresh(stack: str, directory: Path) -> int:
    """Compare AWS with the state; anything that differs is a failure."""
    aws = Aws(project.load(Path.cwd(), stack, OVERRIDES).region)
    state = State.load(directory / deployment.STATE)
    found = [
        f"~ {record.type} {record.name}: {name} is {held}, was deployed as {record.inputs[name]}"
        for urn in state.urns()
        if (record := state.get(urn)) is not None
        for name, held in _differences(aws, record).items()
    ]
    print("\n".join(found) or "Functions and alarms are as they were deployed.")
    if found:
        print("error: no changes were expected but changes were proposed", file=sys.stderr)
    return 255 if found else 0


class Previewer(monitor.Monitor):
    """Answers a registration with what stands in the state, and applies nothing."""

    def _outputs(
        self,
        request: resource_pb2.RegisterResourceRequest,
        inputs: Properties,
        before: Record | None,
    ) -> Properties:
        replaced = PROVIDERS[request.type].replace_on
        operation = monitor.diff(inputs, before.inputs if before else None, replaced)
        if operation != "same":
            self._progress(operation, request.type, request.name)
        return before.outputs if before else dict(UNKNOWN)


def _differences(aws: Aws, record: Record) -> Properties:
    """What AWS holds of a resource's inputs where it differs; EngineError where it is gone."""
    if record.type == "aws:lambda/function:Function":
        held = dict(aws.lambda_.get_function_configuration(FunctionName=record.inputs["name"]))
        names = FUNCTION
    elif record.type == "aws:cloudwatch/metricAlarm:MetricAlarm":
        alarms = aws.cloudwatch.describe_alarms(AlarmNames=[record.inputs["name"]])
        if not alarms["MetricAlarms"]:
            raise EngineError(f"{record.type} {record.name} is gone")
        held, names = dict(alarms["MetricAlarms"][0]), ALARM
    else:
        return {}
    return {
        name: held.get(api)
        for name, api in names.items()
        if name in record.inputs and held.get(api) != record.inputs[name]
    }


def _say(operation: str, type_: str, name: str) -> None:
    print(f"{operation:<8}{type_} {name}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pulumi", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("whoami")
    stack = commands.add_parser("stack").add_subparsers(dest="command", required=True)
    select = stack.add_parser("select")
    select.add_argument("--create", action="store_true", required=True)
    select.add_argument("stack")
    stack.add_parser("output").add_argument("--json", action="store_true", required=True)
    deploys = commands.add_parser("up")
    commands.add_parser("preview")
    again = commands.add_parser("refresh")
    for one, option in (
        *((deploys, option) for option in ("--refresh", "--yes")),
        *((again, option) for option in ("--preview-only", "--expect-no-changes")),
    ):
        one.add_argument(option, action="store_true", required=True)
    named = [stack.choices["output"], *(commands.choices[n] for n in ("up", "preview", "refresh"))]
    for one in named:
        one.add_argument("--stack", required=True)
    for one in (commands.choices["preview"], again):
        one.add_argument("--diff", action="store_true", required=True)
        one.add_argument("--color", choices=["never"], required=True)
    for one in (commands.choices["whoami"], select, *named):
        one.add_argument("--non-interactive", action="store_true", required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
