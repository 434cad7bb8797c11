"""The stack as a whole: what holds over all its resources."""

from __future__ import annotations

import importlib
import inspect
import json
import runpy
import socket
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from console.checkout import ROOT
from service import declaration
from service.names import ALIAS

from infra.tests.recording import (
    CANDIDATE,
    CODE_SHA256,
    SERVICE,
    Lambda,
    Recording,
    Registered,
    deploy,
    forked,
    run,
    write_artifact,
)

if TYPE_CHECKING:
    from pathlib import Path

FUNCTION = "order-processing-dev"
TAG_KEYS = {
    *("Environment", "Team", "CostCenter", "Application", "ManagedBy"),
    *("Repository", "Author", "PRNumber", "CreatedAt"),
}
OUTPUTS = {
    *("lambdaFunctionName", "lambdaFunctionArn", "lambdaAliasName", "lambdaAliasArn"),
    *("dlqQueueUrl", "dlqQueueArn", "dashboardName", "alarmName", "logGroupName"),
    *("tableName", "candidateVersion", "reservedConcurrency", "releaseAlarmNames"),
    *("standingAlarmNames", "watchSeconds", "stack", "service", "plan"),
    *("codeSha256", "commit", "outcomes"),
}


def taggable(resource: Registered) -> bool:
    """Whether the AWS provider takes tags for this type."""
    if not resource.custom:
        return False
    module, cls = resource.type.removeprefix("aws:").split("/")[0], resource.type.split(":")[-1]
    module = "lambda_" if module == "lambda" else module
    found = getattr(importlib.import_module(f"pulumi_aws.{module}"), cls)
    return "tags" in inspect.signature(found._internal_init).parameters


def test_every_taggable_resource_carries_all_tags(dev: Recording) -> None:
    """No resource that AWS can tag lacks one of the nine tags."""
    tagged = [resource for resource in dev.resources.values() if taggable(resource)]
    assert len(tagged) >= 9
    for resource in tagged:
        assert set(resource.inputs["tags"]) == TAG_KEYS, resource.name


def test_tags_say_where_the_artifact_came_from(dev: Recording) -> None:
    """Repository, author and pull request are the manifest's, in AWS's characters."""
    tags = dev.only(":Function").inputs["tags"]
    assert (tags["Repository"], tags["PRNumber"]) == ("acme/orders", "12")
    assert tags["Author"] == "Ada ada@example.org"


def test_two_runs_register_the_same(artifact_directory: Path) -> None:
    """Nothing depends on the time of the run, CreatedAt included."""
    first, second = (deploy("dev", artifact_directory) for _ in range(2))
    inputs = [
        {urn: {k: str(v) for k, v in r.inputs.items() if k != "code"} for urn, r in run_.items()}
        for run_ in (first.resources, second.resources)
    ]
    assert inputs[0] == inputs[1]


def test_every_resource_has_a_component_for_a_parent(dev: Recording) -> None:
    """No resource hangs loose on the stack."""
    components = {urn for urn, found in dev.resources.items() if not found.custom}
    for resource in dev.resources.values():
        assert not resource.custom or resource.parent in components, resource.name


def test_the_alias_is_never_moved_by_a_deployment(dev: Recording) -> None:
    """What the release tool writes is ignored, and nothing else of the alias can change."""
    alias = dev.only(":Alias")
    assert set(alias.ignored) == {"functionVersion", "routingConfig", "description"}
    assert set(alias.inputs) == {"name", "functionName", "functionVersion"}
    assert alias.inputs["functionVersion"] == CANDIDATE


def test_only_the_alias_ignores_changes(dev: Recording) -> None:
    """Everything else is what the program says."""
    assert [found.name for found in dev.resources.values() if found.ignored] == [ALIAS]


def test_the_function_sends_its_dead_letters_to_the_queue(dev: Recording) -> None:
    """The target is the stack's queue, which outlives a retry by days."""
    queue = dev.only(":Queue").inputs
    target = dev.only(":Function").inputs["deadLetterConfig"]["targetArn"]
    assert target == f"arn:{queue['name']}" == dev.outputs["dlqQueueArn"]
    assert queue["messageRetentionSeconds"] == 14 * 86_400
    assert queue["visibilityTimeoutSeconds"] == 300


def test_log_group_and_grants_come_before_the_function(dev: Recording) -> None:
    """Lambda must neither make the log group itself nor refuse the dead-letter target."""
    function = dev.only(":Function")
    needed = {urn.split("::")[2].split("$")[-1] for urn in function.dependencies}
    assert {
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    } <= needed
    assert dev.only(":LogGroup").inputs["name"] == f"/aws/lambda/{function.inputs['name']}"


def test_the_function_runs_the_artifact(dev: Recording) -> None:
    """Code, digest and handler are the artifact's; each change publishes a version."""
    function = dev.only(":Function").inputs
    assert function["sourceCodeHash"] == CODE_SHA256 == dev.outputs["codeSha256"]
    assert function["handler"] == "order_processor.handler.handler"
    assert function["publish"] is True
    assert function["tracingConfig"] == {"mode": "Active"}


def test_the_function_knows_its_table(dev: Recording) -> None:
    """The environment names the table that the role may write to."""
    variables = dev.only(":Function").inputs["environment"]["variables"]
    table = dev.only(":Table").inputs["name"]
    assert variables["ORDERS_TABLE_NAME"] == table == dev.outputs["tableName"]
    document = json.loads(dev.only(":RolePolicy").inputs["policy"])
    assert f"arn:{table}" in [statement["Resource"] for statement in document["Statement"]]


def test_event_invoke_config_stands_on_the_alias(dev: Recording) -> None:
    """Lambda inherits none: on the function alone it would not count for callers."""
    config = dev.only(":FunctionEventInvokeConfig").inputs
    assert config["qualifier"] == dev.outputs["lambdaAliasName"] == "production"


@pytest.mark.parametrize(("stack", "reserved"), [("local", 5), ("dev", 5), ("prod", 50)])
def test_reserved_concurrency_is_the_stacks(stack: str, reserved: int, tmp_path: Path) -> None:
    """The function reserves what the stack file says, and says so in its outputs."""
    recording = deploy(stack, write_artifact(tmp_path))
    function = recording.only(":Function").inputs
    assert function["reservedConcurrentExecutions"] == reserved
    assert recording.outputs["reservedConcurrency"] == reserved


def test_orders_are_guarded_in_production(prod: Recording) -> None:
    """Table, queue and alias resist deletion, and any second can be restored."""
    table = prod.only(":Table")
    assert table.inputs["pointInTimeRecovery"] == {"enabled": True}
    assert table.inputs["deletionProtectionEnabled"] is True
    assert table.inputs["ttl"] == {"enabled": True, "attributeName": "expiresAt"}
    for resource in (table, prod.only(":Queue")):
        assert resource.protected
        assert resource.retained
    assert prod.only(":Alias").protected


def test_nothing_is_guarded_in_development(dev: Recording) -> None:
    """A development stack can be thrown away, yet its orders are encrypted."""
    assert not [r.name for r in dev.resources.values() if r.protected or r.retained]
    assert dev.only(":Table").inputs["deletionProtectionEnabled"] is False
    assert dev.only(":Table").inputs["serverSideEncryption"] == {"enabled": True}


def test_outputs_are_those_that_release_and_load_test_read(dev: Recording) -> None:
    """The names are a contract with every reader of outputs.json."""
    assert set(dev.outputs) == OUTPUTS
    assert all(dev.outputs.values())


def test_a_service_that_declares_no_table_gets_none(
    artifact_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor an output of that name, nor a variable."""
    monkeypatch.setattr(declaration, "load_all", lambda: (replace(SERVICE, table=None),))
    recording = deploy("dev", artifact_directory)
    assert not [each for each in recording.resources.values() if "dynamodb" in each.type]
    assert set(recording.outputs) == OUTPUTS - {"tableName"}


def test_items_stay_where_no_attribute_says_when_they_expire(
    artifact_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table without one has no time to live."""
    assert SERVICE.table is not None
    kept = replace(SERVICE, table=replace(SERVICE.table, expires=None))
    monkeypatch.setattr(declaration, "load_all", lambda: (kept,))
    assert "ttl" not in deploy("dev", artifact_directory).only(":Table").inputs


def test_stacks_share_no_name(dev: Recording, prod: Recording) -> None:
    """Two stacks in one account do not touch each other's resources."""

    def names(recording: Recording) -> set[str]:
        taken = ("name", "dashboardName")
        resources = [r for r in recording.resources.values() if not r.type.endswith(":Alias")]
        return {r.inputs[key] for r in resources for key in taken if key in r.inputs}

    assert names(dev).isdisjoint(names(prod))


def test_local_runs_on_the_python_that_built_the_artifact(tmp_path: Path) -> None:
    """Its stack file says so; the program knows no stack by name."""
    recording = deploy("local", write_artifact(tmp_path, runtime="python3.11"))
    assert recording.only(":Function").inputs["runtime"] == "python3.11"


def refused(stack: str, directory: Path, account: Lambda | None = None, **config: str) -> str:
    """Return the program's refusal after showing that it registered nothing."""
    recording = Recording()

    def program() -> None:
        recording.resources.update(deploy(stack, directory, account, **config).resources)

    with pytest.raises(pulumi.RunError) as refusal:
        program()
    assert not recording.resources
    return str(refusal.value)


def test_an_artifact_for_another_python_is_refused(tmp_path: Path) -> None:
    """Outside `local` the runtime is fixed, and the sentence says both."""
    sentence = refused("dev", write_artifact(tmp_path, runtime="python3.11"))
    assert "built for python3.11 but the stack runs python3.13" in sentence


def test_too_little_concurrency_is_refused_before_any_change(artifact_directory: Path) -> None:
    """The sentence says what is asked, what is free and what to do."""
    sentence = refused("prod", artifact_directory, Lambda(limit=120, unreserved=120))
    assert "concurrency of 50" in sentence
    assert "120 concurrent executions 20 can be reserved" in sentence
    assert "--desired-value 150" in sentence


def test_a_bad_setting_is_refused(artifact_directory: Path) -> None:
    """A setting that is no number stops the program with its name."""
    sentence = refused("dev", artifact_directory, reservedConcurrency="many")
    assert "order-processing:reservedConcurrency" in sentence


def test_the_entry_point_asks_aws_first(
    artifact_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run as the CLI runs it, the program stops at an AWS that cannot be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_MAX_ATTEMPTS": "1",
    }
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(sys, "path", list(sys.path))
    values = forked("dev") | {"order-processing:artifact": str(artifact_directory)}

    def entry() -> None:
        runpy.run_path(str(ROOT / "infra"), run_name="__main__")

    with pytest.raises(pulumi.RunError, match=f"cannot be reached.*http://127.0.0.1:{port}/"):
        run("dev", values, entry)


def test_the_program_has_no_branch_on_a_stack() -> None:
    """No module names a stack: what differs between stacks is configuration."""
    named: dict[str, Any] = {
        path.name: [stack for stack in ("local", "staging", "prod") if f'"{stack}"' in text]
        for path in (ROOT / "infra").glob("*.py")
        if (text := path.read_text(encoding="utf-8"))
    }
    assert not {name: found for name, found in named.items() if found}
