"""The bootstrap's settings: right, or one sentence."""

from __future__ import annotations

import contextlib

import pytest
import yaml
from console.errors import UsageError
from hypothesis import given
from hypothesis import strategies as st

from infra.bootstrap import settings
from infra.bootstrap.trust import Claims
from infra.tests.bootstrapped import DIRECTORY, config


def raw(**changes: str) -> dict[str, str | None]:
    """Return the committed values as the program asks for them, with `changes`."""
    prefix = f"{settings.PROJECT}:"
    return {**{key.removeprefix(prefix): value for key, value in config().items()}, **changes}


def test_the_committed_stack_is_valid() -> None:
    """Placeholders and all."""
    parsed = settings.parse("account", raw())
    assert parsed.stacks == ("dev", "staging", "prod")
    assert parsed.load_stacks == ("dev", "staging")
    assert parsed.claims == Claims("refs/heads/main", ".github/workflows/release.yml")
    assert parsed.create_provider


def test_schema_declares_what_the_program_reads() -> None:
    """Pulumi.yaml's keys are the program's, each typed and described."""
    project = yaml.safe_load((DIRECTORY / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert project["name"] == settings.PROJECT
    assert set(project["config"]) == set(settings._KEYS)
    for declared in project["config"].values():
        assert {"type", "description"} <= set(declared)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("aws:region", "Ohio", "a region"),
        ("accountId", "123", "12 digits"),
        ("repository", "orders", "OWNER/NAME"),
        ("repository", "your-org/*", "OWNER/NAME"),
        ("ownerId", "", "a number"),
        ("repositoryId", "*", "a number"),
        ("subjectFormat", "any", "names, ids or both"),
        ("stacks", "", "at least one stack"),
        ("stacks", "dev,Dev", "names of stacks"),
        ("stacks", "dev,dev", "names of stacks"),
        ("stacks", "dev,dev-rollback", "not ending in -preview"),
        ("stacks", "s" * 30, "1 to 29"),
        # The one's rights to its alarms would match the other's.
        ("stacks", "dev,eu-dev", "none ends in a hyphen and another's"),
        ("loadStacks", "moon", "among the account's stacks"),
        ("newStacks", "moon", "among the account's stacks"),
        ("trustedRef", "main", "a ref, or empty"),
        ("trustedRef", "refs/heads/*", "a ref, or empty"),
        ("releaseWorkflow", ".github/workflows/*.yml", "a path, or empty"),
        ("createProvider", "yes", "true or false"),
    ],
)
def test_a_bad_value_is_refused_by_name(key: str, value: str, rule: str) -> None:
    """The sentence holds the key, the value, the rule and the file to correct."""
    with pytest.raises(UsageError) as refusal:
        settings.parse("account", raw(**{key: value}))
    for part in (key, f"'{value}'", rule, "infra/bootstrap/stacks/Pulumi.account.yaml"):
        assert part in str(refusal.value)


def test_names_alone_need_no_ids() -> None:
    """A repository of the older format is trusted without its numbers."""
    changed = raw(subjectFormat="names", ownerId="", repositoryId="")
    repository = settings.parse("account", changed).repository
    assert repository.subjects("dev") == ["repo:your-org/order-processing:environment:dev"]


@given(key=st.sampled_from(settings._KEYS), value=st.text(max_size=20))
def test_any_text_is_read_or_refused(key: str, value: str) -> None:
    """No value ends in anything but settings or a UsageError."""
    with contextlib.suppress(UsageError):
        settings.parse("account", raw(**{key: value}))
