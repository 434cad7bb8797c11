"""Typed settings: right, or one sentence."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
import yaml
from console.checkout import ROOT
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st
from release.plans import PLANS
from service.declaration import load
from service.names import Names

from infra import settings
from infra.bootstrap.grants import KINDS
from infra.bootstrap.scope import Scope, state_bucket_name
from infra.stack_file import SERVICE_KEYS
from infra.tests.recording import BOUNDARY, forked, stack_config

SERVICE = load("order_processor")

STACKS = ("local", "dev", "staging", "prod")


def raw(stack: str, **changes: str | None) -> dict[str, str | None]:
    """Return a stack's raw values as the program asks for them, with `changes`."""
    prefix = f"{settings.PROJECT}:"
    values = {key.removeprefix(prefix): value for key, value in forked(stack).items()}
    return {**values, **changes}


@pytest.mark.parametrize("stack", STACKS)
def test_committed_stacks_are_valid(stack: str) -> None:
    """Each stack file together with the defaults passes, and reserves something."""
    parsed = settings.parse(stack, raw(stack), SERVICE)
    assert parsed.stack == stack
    assert parsed.reserved_concurrency > 0
    assert parsed.artifact_directory.is_absolute()


def test_stack_files_are_the_known_stacks() -> None:
    """No stack file is left out of these tests."""
    files = (ROOT / "infra" / "stacks").iterdir()
    assert {file.name for file in files} == {f"Pulumi.{stack}.yaml" for stack in STACKS}


def test_schema_declares_what_the_program_reads() -> None:
    """Pulumi.yaml's keys are the program's, in lower camel case, each typed and described."""
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert set(project["config"]) == set(settings._KEYS)
    # A default here would win over each service's own.
    assert not set(project["config"]) & {*SERVICE_KEYS}
    for key, declared in project["config"].items():
        assert key[0].islower()
        assert "_" not in key
        assert {"type", "description"} <= set(declared)


@pytest.mark.parametrize("stack", STACKS)
def test_stack_files_set_only_declared_keys(stack: str) -> None:
    """A misspelt key would be ignored in silence."""
    keys = (*settings._KEYS, *SERVICE_KEYS, "services")
    known = {f"{settings.PROJECT}:{key}" for key in keys} | {"aws:region"}
    assert set(stack_config(stack)) <= known


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("aws:region", "Ohio", "a region"),
        ("runtime", "nodejs22.x", "python3.N"),
        ("architecture", "riscv", "x86_64 or arm64"),
        ("snapStart", "yes", "true or false"),
        ("logFormat", "json", "Text or JSON"),
        # The AWS client would log its requests, and these hold orders.
        ("logLevel", "DEBUG", "INFO, WARN, ERROR or FATAL"),
        ("warmWritesPerSecond", "100", "from 4000 to 40000"),
        # It skips the gate, so a person asks for it, with a reason.
        ("plan", "all-at-once", "canary, linear or stepped"),
        ("alarmWarmUpMinutes", "2881", "from 0 to 2880"),
        ("watchSeconds", "7201", "from 0 to 7200"),
        ("memoryMb", "64", "from 128 to 10240"),
        ("timeoutSeconds", "901", "from 1 to 900"),
        ("timeoutSeconds", "3.5", "whole number"),
        ("reservedConcurrency", "0", "from 1"),
        ("logRetentionDays", "8", "a retention CloudWatch Logs knows"),
        ("guardData", "yes", "true or false"),
        ("releaseDurationMs", "-1", "whole number"),
        ("releaseThrottlePercent", "101", "from 1 to 100"),
        ("throttledPercent", "0", "from 1 to 100"),
        ("rejectedPercent", "3%", "from 1 to 100"),
        ("alarmTopicArn", "paging", "an SNS topic's ARN"),
        ("permissionsBoundaryArn", "execution", "a policy's ARN or 'none'"),
        ("createdAt", "yesterday", "a day such as"),
    ],
)
def test_a_bad_value_is_refused_by_name(key: str, value: str, rule: str) -> None:
    """The sentence holds the key, the value, the rule and the file to correct."""
    with pytest.raises(UsageError) as refusal:
        settings.parse("dev", raw("dev", **{key: value}), SERVICE)
    sentence = str(refusal.value)
    for part in (key, f"'{value}'", rule, "infra/stacks/Pulumi.dev.yaml"):
        assert part in sentence


def test_a_stack_may_name_each_plan_that_is_watched() -> None:
    """As the release tool has them; one that skips the gate needs a person's reason each time."""
    named = {name for name, shares in PLANS.items() if shares}
    assert {settings.parse("dev", raw("dev", plan=name), SERVICE).plan for name in named} == named


@pytest.mark.parametrize("key", ["reservedConcurrency", "createdAt", "aws:region"])
def test_a_missing_value_is_refused_by_name(key: str) -> None:
    """What has no default must be in the stack file."""
    with pytest.raises(UsageError, match=f"no value for .*{key}: add it to"):
        settings.parse("dev", raw("dev", **{key: None}), SERVICE)


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_stack_without_a_boundary_is_refused(stack: str) -> None:
    """No committed stack has one: a fork's own is what the bootstrap prints, before anything."""
    values = {k.removeprefix("order-processing:"): v for k, v in stack_config(stack).items()}
    with pytest.raises(UsageError, match=r"may not make the function's role.*`nox -s bootstrap`"):
        settings.parse(stack, values, SERVICE)


@pytest.mark.parametrize(("given", "bound"), [(BOUNDARY, BOUNDARY), ("none", None)])
def test_a_stack_is_bounded_or_says_that_it_is_not(given: str, bound: str | None) -> None:
    """By choice, visibly."""
    parsed = settings.parse("dev", raw("dev", permissionsBoundaryArn=given), SERVICE)
    assert parsed.permissions_boundary_arn == bound


@pytest.mark.parametrize(
    "stack", ["", "Dev", "dev_1", "-dev", "d" * 30, "dev-rollback", "prod-approval"]
)
def test_a_stack_name_must_fit_aws_names(stack: str) -> None:
    """The name becomes part of every resource's."""
    with pytest.raises(UsageError, match="must be 1 to 29"):
        settings.parse(stack, raw("dev"), SERVICE)


def test_the_longest_stacks_names_fit() -> None:
    """IAM takes 64 characters of a role's name, Lambda of a function's, SQS 80, S3 63."""
    stack = "d" * 29
    settings.parse(stack, raw("dev"), SERVICE)
    scope = Scope("123456789012", "ap-southeast-1", stack)
    roles = [scope.workflow_role_name(kind) for kind in KINDS]
    assert max(map(len, [*roles, Names(SERVICE, stack).function])) == 64
    assert len(Names(SERVICE, stack).dead_letter_queue) <= 80
    assert len(state_bucket_name(scope.account_id, scope.region)) <= 63


KEYS = (*settings._KEYS, *SERVICE_KEYS, "services")


def test_the_stacks_word_for_a_service_comes_first() -> None:
    """Then its word for all of them, then what the service declares."""
    said = {"services": '{"order_processor": {"memoryMb": 2048, "snapStart": true}}'}
    declared = replace(SERVICE, settings={**SERVICE.settings, "memoryMb": "640"})
    assert settings.parse("dev", raw("dev"), declared).memory_mb == 640
    for_all = raw("dev", memoryMb="1024")
    assert settings.parse("dev", for_all, declared).memory_mb == 1024
    alone = settings.parse("dev", for_all | said, declared)
    assert (alone.memory_mb, alone.snap_start) == (2048, True)
    other = settings.parse("dev", for_all | said, replace(declared, name="other"))
    assert (other.memory_mb, other.snap_start) == (1024, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "is not a table of settings by service"),
        ('{"order_processor": 5}', "is not a table of settings by service"),
        ("{", "is not a table of settings by service"),
        ('{"orders": {}}', "names 'orders', and there are order_processor alone"),
        ('{"order_processor": {"memory": 5}}', "sets 'memory' for order_processor"),
        # One table of a stack cannot be guarded and another not: nobody would see it.
        ('{"order_processor": {"guardData": false}}', "sets 'guardData' for order_processor"),
    ],
)
def test_what_cannot_be_said_for_one_service_is_refused(text: str, told: str) -> None:
    """A misspelt name would be ignored in silence."""
    with pytest.raises(UsageError) as refused:
        settings.parse("dev", raw("dev", services=text), SERVICE)
    assert told in str(refused.value)
    assert "infra/stacks/Pulumi.dev.yaml" in str(refused.value)


def test_a_bad_default_is_corrected_where_it_stands() -> None:
    """And a key that is no setting of a service is refused."""
    for change, told in (
        ({"memoryMb": "64"}, r"correct it in services/order_processor/service\.toml"),
        ({"guardData": "false"}, r"service\.toml sets 'guardData'"),
    ):
        declared = replace(SERVICE, settings={**SERVICE.settings, **change})
        with pytest.raises(UsageError, match=told):
            settings.parse("dev", raw("dev"), declared)


@given(key=st.sampled_from(KEYS), value=st.text(max_size=20))
def test_any_text_is_read_or_refused(key: str, value: str) -> None:
    """No value ends in anything but settings or a UsageError."""
    with contextlib.suppress(UsageError):
        assert settings.parse("dev", raw("dev", **{key: value}), SERVICE).stack == "dev"
