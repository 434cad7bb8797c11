"""What the roles of many services may do fits into IAM's policies, or one sentence refuses it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from console.errors import UsageError
from service.declaration import LONGEST

from infra.bootstrap import boundaries, grants, sizes
from infra.bootstrap.scope import Scope
from infra.bootstrap.statements import document
from infra.tests.bootstrapped import ACCOUNT, REGION, services, several

if TYPE_CHECKING:
    from pathlib import Path

GRANTS = {**grants.KINDS, "make": grants.make}
FITTING = 15
"""How many services with names as long as the first's IAM has room for on a stack `staging`."""


@pytest.mark.parametrize("stack", ["dev", "staging", "s" * 29])
def test_ten_services_fit_on_a_new_stack(tmp_path: Path, stack: str) -> None:
    """Made from the template, with the longest names, in AWS's count of each policy as sent."""
    scope = Scope(ACCOUNT, REGION, stack, services(tmp_path, 10))
    sizes.check(scope, new=True)
    assert max(len(service.resources) for service in scope.services) == LONGEST
    for name, policies_ in registered(scope).items():
        assert len(policies_) <= 10, name
        for policy in policies_:
            sent = json.dumps(policy, indent=1)
            assert len(re.sub(r"\s", "", sent)) <= 6_144, name


def registered(scope: Scope) -> dict[str, list[dict[str, Any]]]:
    """Return the policies of each role of a new stack, and each boundary."""
    found = {kind: sizes.packed(grant(scope)) for kind, grant in grants.KINDS.items()}
    found["deploy"] += sizes.packed(grants.make(scope))
    bounds = {"execution": boundaries.execution(scope), "ceiling": boundaries.workflow(scope)}
    return found | {name: [policy] for name, policy in bounds.items()}


@pytest.mark.parametrize("kind", GRANTS)
@pytest.mark.parametrize("count", [1, 10])
def test_in_several_policies_a_role_may_do_the_same(kind: str, count: int) -> None:
    """No statement is lost, none is there twice, and none is empty."""
    scope = several("staging", count)
    together = [
        each for policy in sizes.packed(GRANTS[kind](scope)) for each in policy["Statement"]
    ]
    assert together == document(GRANTS[kind](scope))["Statement"]


def test_as_many_fit_as_the_page_says() -> None:
    """And one more is one sentence, before anything is registered, and not by IAM half-way."""
    sizes.check(several("staging", FITTING), new=True)
    with pytest.raises(UsageError) as refusal:
        sizes.check(several("staging", FITTING + 1), new=True)
    assert str(refusal.value).startswith(
        f"IAM takes 6,144 characters for the workflows' boundary, and with {FITTING + 1} services "
        "on stack 'staging' there are 6,1"
    )


def test_more_policies_than_a_role_has_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deploy role's count is that of a new stack."""
    monkeypatch.setattr(sizes, "ATTACHED", 5)
    sizes.check(several("staging", 10), new=False)
    monkeypatch.setattr(sizes, "ATTACHED", 4)
    with pytest.raises(UsageError, match="takes 4 policies of the role deploy, and with 10 serv"):
        sizes.check(several("staging", 10), new=True)
