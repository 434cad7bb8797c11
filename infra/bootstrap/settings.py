"""The bootstrap's configuration, typed: right, or refused in one sentence."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pulumi
from console.errors import UsageError
from service.names import STACK, STACK_RULE

from infra.bootstrap.trust import Claims, Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.bootstrap.trust import SubjectFormat

PROJECT = "order-processing-bootstrap"
_KEYS = (
    "accountId",
    "repository",
    "ownerId",
    "repositoryId",
    "subjectFormat",
    "stacks",
    "loadStacks",
    "newStacks",
    "trustedRef",
    "releaseWorkflow",
    "createProvider",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """One account's settings; `load_stacks` and `new_stacks` are among `stacks`."""

    account_id: str
    region: str
    repository: Repository
    claims: Claims
    stacks: tuple[str, ...]
    load_stacks: tuple[str, ...]
    new_stacks: tuple[str, ...]
    create_provider: bool


@dataclass(frozen=True, slots=True)
class _Values:
    file: str
    raw: Mapping[str, str | None]

    def matching(self, key: str, pattern: str, rule: str) -> str:
        value = self.raw.get(key) or ""
        if not re.fullmatch(pattern, value):
            raise self.wrong(key, rule)
        return value

    def names(self, key: str) -> tuple[str, ...]:
        names = tuple(part.strip() for part in (self.raw.get(key) or "").split(",") if part.strip())
        if not all(re.fullmatch(STACK, name) for name in names) or len({*names}) != len(names):
            raise self.wrong(key, f"names of stacks with commas between, each {STACK_RULE}")
        if any(one.endswith(f"-{other}") for one, other in itertools.permutations(names, 2)):
            raise self.wrong(key, "names of stacks of which none ends in a hyphen and another's")
        return names

    def some(self, key: str, stacks: tuple[str, ...]) -> tuple[str, ...]:
        names = self.names(key)
        if not {*names} <= {*stacks}:
            raise self.wrong(key, f"among the account's stacks ({', '.join(stacks)})")
        return names

    def wrong(self, key: str, rule: str) -> UsageError:
        name = key if ":" in key else f"{PROJECT}:{key}"
        return UsageError(
            f"{name} is '{self.raw.get(key) or ''}' but must be {rule}: "
            f"correct it in infra/bootstrap/stacks/{self.file}."
        )


def parse(stack: str, raw: Mapping[str, str | None]) -> Settings:
    """Read the settings out of Pulumi's strings; raises UsageError for the first bad one."""
    values = _Values(f"Pulumi.{stack}.yaml", raw)
    stacks = values.names("stacks")
    if not stacks:
        raise values.wrong("stacks", "at least one stack")
    created = values.matching("createProvider", "true|false", "true or false")
    return Settings(
        account_id=values.matching("accountId", r"[0-9]{12}", "an account's 12 digits"),
        region=values.matching("aws:region", r"[a-z]{2}(-[a-z]+)+-[0-9]", "a region, as us-east-1"),
        repository=_repository(values),
        claims=Claims(
            values.matching("trustedRef", r"(refs/[A-Za-z0-9._/-]+)?", "a ref, or empty"),
            values.matching("releaseWorkflow", r"([A-Za-z0-9._/-]+\.ya?ml)?", "a path, or empty"),
        ),
        stacks=stacks,
        load_stacks=values.some("loadStacks", stacks),
        new_stacks=values.some("newStacks", stacks),
        create_provider=created == "true",
    )


def load() -> Settings:
    """Read the running program's stack; raises UsageError."""
    config = pulumi.Config(PROJECT)
    raw = {key: config.get(key) for key in _KEYS}
    raw["aws:region"] = pulumi.Config("aws").get("region")
    return parse(pulumi.get_stack(), raw)


def _repository(values: _Values) -> Repository:
    # No `*`, `?` or `:`: a subject is a name, never a pattern.
    full = values.matching("repository", r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", "OWNER/NAME")
    chosen = values.matching("subjectFormat", "names|ids|both", "names, ids or both")
    number, rule = r"[1-9][0-9]*", "a number, as `gh api` prints it (see the README)"
    if chosen == "names":
        number += "|"
    owner, _, name = full.partition("/")
    return Repository(
        owner=owner,
        name=name,
        owner_id=values.matching("ownerId", number, rule),
        repository_id=values.matching("repositoryId", number, rule),
        format=cast("SubjectFormat", chosen),
    )
