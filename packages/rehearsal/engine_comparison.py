"""What a deployment leaves in AWS: by Pulumi's engine, by ours, and after a change by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from console.checkout import ROOT
from console.processes import Children
from engine.differential.differences import differences
from sandbox import stack as sandbox
from sandbox.stack import NAME, module

from rehearsal.journal import StepError

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.stack import Stack

BY_HAND_SECONDS = 77
_LISTS = {
    "lambda": ("list_functions", "Functions", "FunctionName"),
    "sqs": ("list_queues", "QueueUrls", ""),
    "dynamodb": ("list_tables", "TableNames", ""),
    "iam": ("list_roles", "Roles", "RoleName"),
    "logs": ("describe_log_groups", "logGroups", "logGroupName"),
    "cloudwatch": ("describe_alarms", "MetricAlarms", "AlarmName"),
}
"""How each service lists what it has: the call, the list in its answer, an item's name."""


def hold(stack: Stack, artifact: str) -> str:
    """Hold that nothing is left to change, and that a change by hand is found and put back.

    Raises StepError.
    """
    stack.operate("deploy-again", "deploy", artifact, says="0 changed")
    stack.operate("compare", "drift", artifact)
    functions = stack.lambda_
    before = functions.get_function_configuration(FunctionName=stack.function)["Timeout"]
    functions.update_function_configuration(FunctionName=stack.function, Timeout=BY_HAND_SECONDS)
    functions.get_waiter("function_updated_v2").wait(FunctionName=stack.function)
    stack.operate("find", "drift", artifact, status=1, says=f"`{before}` → `{BY_HAND_SECONDS}`")
    stack.operate("mend", "deploy", artifact, says="Changed by hand in AWS: Function processor")
    after = functions.get_function_configuration(FunctionName=stack.function)["Timeout"]
    if after != before:
        raise StepError(f"the timeout changed by hand is {after}, not {before} again")
    return "nothing left to change, no drift; a timeout changed by hand was found and put back"


def compare(stack: Stack, artifact: str) -> str:
    """Hold that our engine, given the same artifact, leaves what Pulumi's has left.

    The number of the candidate's version is its own in each. Raises StepError.
    """
    directory = stack.path("own-engine")
    with Children(ROOT, directory) as children:
        own = sandbox.Stack(children, directory, service=stack.service)
        own.start("--time-scale", str(stack.settings.time_scale))
        own.deploy(stack.path(artifact))
        ours, real = (_held(one, own.outputs_file.parents[1]) for one in (own, stack))
    if found := differences(ours, real):
        raise StepError(f"the engines left different things: {'; '.join(found)}")
    return f"in another AWS our engine left the same: {len(ours)} names and resources"


def _held(stack: sandbox.Stack, state: Path) -> dict[str, dict[str, Any]]:
    """Return what the stack's AWS has, by name, and each resource of `state` with its arguments."""
    command = module("engine", "held", "--stack", NAME, "--directory", str(state))
    text = stack.run("held", command).last_line
    candidate = json.loads(stack.outputs_file.read_text(encoding="utf-8"))["candidateVersion"]
    for its_own, same in (
        (stack.environment["AWS_ENDPOINT_URL"], "AWS"),
        (f'"ExecutedVersion": "{candidate}"', '"ExecutedVersion": "candidate"'),
    ):
        text = text.replace(its_own, same)
    found: dict[str, dict[str, Any]] = json.loads(text)
    return {name: dict[str, Any]() for name in _names(stack)} | found


def _names(stack: sandbox.Stack) -> list[str]:
    found = []
    for service, (call, listed, key) in _LISTS.items():
        items = getattr(stack.client(service), call)().get(listed, [])
        names = [item[key] if key else item.rpartition("/")[2] for item in items]
        found += [f"{service}: {name}" for name in names]
    return found
